/* Every verdict sounds and shakes in its own way, and none of it is the only carrier. */

const MUTED = "labflow.muted";
const VOLUME = "labflow.volume";
const LOUDEST = 100;
const TEST_GAP_MS = 900;
const STOP_EVERY_MS = 2000;
// Notes as [hertz, seconds]; loudness 0 to 1; vibration in milliseconds.
const PATTERNS = {
  OK: { notes: [[880, 0.07], [1175, 0.09]], loudness: 0.25, vibration: [40] },
  ALREADY: { notes: [[587, 0.09], [587, 0.09]], loudness: 0.1, vibration: [25, 60, 25] },
  CHOOSE: { notes: [[784, 0.12], [622, 0.12], [466, 0.2]], loudness: 0.3, vibration: [90, 60, 90, 60, 90] },
  STOP: { notes: [[165, 0.8]], loudness: 0.5, vibration: [700] },
};

let audio = null;
let alarm = null;

/* Browsers let a page sound only after somebody touched it. */
function unlock() {
  audio ??= new AudioContext();
  audio.resume();
}
addEventListener("keydown", unlock, { once: true, capture: true });
addEventListener("pointerdown", unlock, { once: true, capture: true });

export function isMuted() {
  return localStorage.getItem(MUTED) === "yes";
}

export function setMuted(muted) {
  localStorage.setItem(MUTED, muted ? "yes" : "no");
}

/** 0 to 100. */
export function volume() {
  return Number(localStorage.getItem(VOLUME) ?? LOUDEST);
}

export function play(verdict) {
  const { notes, loudness, vibration } = PATTERNS[verdict];
  navigator.vibrate?.(vibration);
  if (isMuted() || !audio) return;
  let at = audio.currentTime;
  for (const [hertz, seconds] of notes) {
    sound(hertz, at, seconds, (loudness * volume()) / LOUDEST);
    at += seconds + 0.03;
  }
}

/** Repeats the STOP sound until stopAlarm. */
export function startAlarm() {
  stopAlarm();
  play("STOP");
  alarm = setInterval(() => play("STOP"), STOP_EVERY_MS);
}

export function stopAlarm() {
  clearInterval(alarm);
}

function sound(hertz, at, seconds, loudness) {
  const [tone, level] = [audio.createOscillator(), audio.createGain()];
  tone.frequency.value = hertz;
  level.gain.setValueAtTime(loudness, at);
  level.gain.linearRampToValueAtTime(0, at + seconds);
  tone.connect(level).connect(audio.destination);
  tone.start(at);
  tone.stop(at + seconds);
}

/* The switches of the menu and of the sign-in page ------------------------------------------------------------ */

const byId = (id) => document.getElementById(id);

function showMuted() {
  byId("sound-switch").setAttribute("aria-pressed", String(!isMuted()));
}

function testSounds() {
  unlock();
  Object.keys(PATTERNS).forEach((verdict, place) => setTimeout(testSound, place * TEST_GAP_MS, verdict));
}

function testSound(verdict) {
  byId("sound-tested").textContent = isMuted() ? `${verdict}: the sound is off` : verdict;
  play(verdict);
}

byId("sound-switch").addEventListener("click", () => {
  setMuted(!isMuted());
  showMuted();
  play("OK");
});
byId("sound-volume").addEventListener("change", ({ target }) => {
  localStorage.setItem(VOLUME, target.value);
  play("OK");
});
byId("sound-test").addEventListener("click", testSounds);
byId("sound-volume").value = volume();
showMuted();
