/* The camera as a scanner: loaded with its reader when somebody taps "Use the camera", and not before. */

import { BarcodeDetector, prepareZXingModule } from "../vendor/barcode-detector/ponyfill.js";
import { readCode } from "./codes.js";

const READER = new URL("../vendor/zxing-wasm/", import.meta.url).href;
const FORMATS = ["code_128", "data_matrix"];
const LOOK_EVERY_MS = 120;
const SAME_AGAIN_MS = 2000;
const CHOSEN = "labflow.camera"; // which camera, torch and zoom: kept on this device
const NO_HTTPS = "The camera needs an address that begins with https. Take a photo, or type the number.";
const REFUSED = {
  NotAllowedError: "The camera was refused. Allow it beside the browser's address, take a photo, or type the number.",
  NotFoundError: "This device has no camera. Type the number.",
  NotReadableError: "Another program uses the camera. Close it, or type the number.",
};

const byId = (id) => document.getElementById(id);
const video = byId("camera-picture");
let detector = null;
let outside = [];
let tell = null;
let stream = null;
let looking = null;
let last = { code: "", at: -Infinity };

/** Opens the camera. `seen` hears each whole code once; `typeInstead(words)` is where it ends when there is none. */
export async function startCamera(patterns, seen, typeInstead) {
  [outside, tell] = [patterns, seen];
  byId("camera").hidden = false;
  detector ??= newDetector();
  if (!navigator.mediaDevices?.getUserMedia) return typeInstead(NO_HTTPS);
  say("Starting the camera …");
  try {
    await open(kept());
  } catch ({ name }) {
    say("");
    typeInstead(REFUSED[name] ?? "The camera did not start. Take a photo, or type the number.");
  }
}

function newDetector() {
  prepareZXingModule({ overrides: { locateFile: (file) => READER + file } });
  return new BarcodeDetector({ formats: FORMATS });
}

async function open({ camera, torch, zoom }) {
  close();
  const wanted = camera ? { deviceId: camera } : { facingMode: "environment" };
  stream = await navigator.mediaDevices.getUserMedia({
    video: { ...wanted, width: { ideal: 1920 }, height: { ideal: 1080 } },
  });
  video.srcObject = stream;
  await video.play();
  video.hidden = byId("camera-settings").hidden = false;
  await offerSettings(stream.getVideoTracks()[0], { torch, zoom });
  say("Show it one label.");
  byId("camera").scrollIntoView({ block: "start" });
  look();
}

function close() {
  clearTimeout(looking);
  looking = null;
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  video.hidden = byId("camera-settings").hidden = true;
}

/* Looking --------------------------------------------------------------------------------------------------- */

async function look() {
  const here = stream;
  const found = await read(video);
  if (stream !== here || stream === null) return;
  take(found, performance.now());
  looking = setTimeout(look, LOOK_EVERY_MS);
}

async function read(picture) {
  try {
    return await detector.detect(picture);
  } catch {
    return []; // a picture that has not come yet
  }
}

/* Two labels in one picture may be two children's: neither counts. */
function take(found, at) {
  const codes = [...new Set(found.map(({ rawValue }) => readCode(rawValue, outside).code).filter(Boolean))];
  if (codes.length > 1) return say("Two labels are in the picture. Show it one.");
  const [code] = codes;
  if (code === undefined) return found.length > 0 && say(`${readCode(found[0].rawValue, outside).fault.title}.`);
  const isSame = code === last.code && at - last.at < SAME_AGAIN_MS;
  last = { code, at }; // a label that stays in the picture stays the same one
  if (isSame) return;
  say(`Read ${code}.`);
  tell(code);
}

byId("camera-photo").addEventListener("change", async ({ target }) => {
  const [file] = target.files;
  if (!file) return;
  last = { code: "", at: -Infinity };
  const picture = await createImageBitmap(file).catch(() => null);
  const found = picture === null ? [] : await read(picture);
  if (found.length > 0) take(found, performance.now());
  else say("No code was found in that photo. Go closer, hold it straight, or type the number.");
  target.value = "";
});

/* Settings: kept until somebody changes them ------------------------------------------------------------------ */

function kept() {
  return JSON.parse(localStorage.getItem(CHOSEN) ?? "{}");
}

function keep(change) {
  localStorage.setItem(CHOSEN, JSON.stringify({ ...kept(), ...change }));
}

async function offerSettings(track, { torch = false, zoom }) {
  const can = track.getCapabilities?.() ?? {};
  byId("camera-torch").hidden = !can.torch;
  byId("camera-zoom-box").hidden = !can.zoom;
  if (can.torch) setTorch(torch);
  if (can.zoom) {
    Object.assign(byId("camera-zoom"), { min: can.zoom.min, max: can.zoom.max, step: can.zoom.step || 0.1 });
    byId("camera-zoom").value = zoom ?? can.zoom.min;
    if (zoom) set({ zoom });
  }
  await offerCameras(track.getSettings().deviceId);
}

async function offerCameras(current) {
  const devices = await navigator.mediaDevices.enumerateDevices();
  const cameras = devices.filter(({ kind }) => kind === "videoinput");
  byId("camera-choice-box").hidden = cameras.length < 2;
  byId("camera-choice").replaceChildren(...cameras.map(({ label, deviceId }, place) =>
    new Option(label || `Camera ${place + 1}`, deviceId, false, deviceId === current)));
}

function set(constraint) {
  return stream?.getVideoTracks()[0].applyConstraints({ advanced: [constraint] }).catch(() => {});
}

function setTorch(torch) {
  byId("camera-torch").setAttribute("aria-pressed", String(torch));
  set({ torch });
}

byId("camera-torch").addEventListener("click", ({ target }) => {
  const torch = target.getAttribute("aria-pressed") !== "true";
  setTorch(torch);
  keep({ torch });
});
byId("camera-zoom").addEventListener("input", ({ target }) => {
  const zoom = Number(target.value);
  set({ zoom });
  keep({ zoom });
});
byId("camera-choice").addEventListener("change", async ({ target }) => {
  keep({ camera: target.value });
  await open(kept()).catch(() => say("That camera did not start."));
});
byId("camera-stop").addEventListener("click", () => {
  close();
  byId("camera").hidden = true;
});

function say(words) {
  byId("camera-words").textContent = words;
}
