/* Passkeys: asks the device, then sends the form. Without JavaScript people sign in with a password. */

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const described = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

async function create(options) {
  const made = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      user: { ...options.user, id: bytes(options.user.id) },
      excludeCredentials: described(options.excludeCredentials),
    },
  });
  return {
    id: made.id,
    rawId: text(made.rawId),
    type: made.type,
    extensions: JSON.stringify({ credProps: made.getClientExtensionResults().credProps ?? {} }),
    response: {
      attestationObject: text(made.response.attestationObject),
      clientDataJSON: text(made.response.clientDataJSON),
      transports: made.response.getTransports?.() ?? [],
    },
  };
}

async function get(options) {
  const shown = await navigator.credentials.get({
    publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      allowCredentials: described(options.allowCredentials),
    },
  });
  const { authenticatorData, clientDataJSON, signature, userHandle } = shown.response;
  return {
    id: shown.id,
    rawId: text(shown.rawId),
    type: shown.type,
    response: {
      authenticatorData: text(authenticatorData),
      clientDataJSON: text(clientDataJSON),
      signature: text(signature),
      userHandle: userHandle ? text(userHandle) : undefined,
    },
  };
}

async function ask(form) {
  const state = form.querySelector("[data-passkey-state]");
  const again = form.querySelector("[data-passkey-again]");
  again.hidden = true;
  try {
    const credential = await { create, get }[form.dataset.passkey](JSON.parse(form.dataset.options));
    form.elements.credential.value = JSON.stringify(credential);
    form.submit();
  } catch (error) {
    const known = {
      InvalidStateError: "This device holds a passkey for your account already.",
      NotAllowedError: "Your device was not asked in time, or the question was dismissed.",
    };
    state.textContent = known[error.name] ?? "Your device could not help with a passkey here.";
    again.hidden = false;
    again.focus();
  }
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask(form);
  });
  ask(form);
}
