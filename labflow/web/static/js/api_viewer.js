/* Swagger UI on this host's own document; without the validator, which would ask an outside host. */
const place = document.getElementById("api");
SwaggerUIBundle({ domNode: place, url: place.dataset.document, validatorUrl: null });
