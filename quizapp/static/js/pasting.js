/* A paste from a word processor keeps what is bold as **bold**, because bold often marks the key; nothing else of its
   look is taken over. Without this file the plain text is pasted. */

const BLOCKS = new Set(["P", "DIV", "LI", "TR", "H1", "H2", "H3", "H4", "H5", "H6", "BR"]);

function textOf(node, bold) {
  if (node.nodeType === Node.TEXT_NODE) {
    const said = node.data.replace(/\s+/g, " ");
    return bold && said.trim() ? said.replace(/^(\s*)(.*?)(\s*)$/, "$1**$2**$3") : said;
  }
  if (node.nodeType !== Node.ELEMENT_NODE || ["STYLE", "SCRIPT", "HEAD"].includes(node.tagName)) return "";
  const weight = /font-weight:\s*(\w+)/.exec(node.getAttribute("data-look") ?? "")?.[1];
  const own = ["B", "STRONG"].includes(node.tagName) ? weight !== "normal" : weight ? weight === "bold" || Number(weight) > 500 : bold;
  const inner = [...node.childNodes].map((child) => textOf(child, own)).join("");
  const marked = node.tagName === "LI" && !/^\s*\(?[A-Za-z0-9]{1,2}[.)]/.test(inner) ? `• ${inner.trim()}` : inner;
  return BLOCKS.has(node.tagName) ? `\n${marked}\n` : marked;
}

document.addEventListener("paste", (event) => {
  const field = event.target.closest?.("[data-paste]");
  const html = event.clipboardData?.getData("text/html");
  if (!field || !html || !/<(b|strong)\b|font-weight/i.test(html)) return;
  // Looks are read, never applied: even a parsed page that nobody sees is held to the policy of this one.
  const plain = html.replace(/<style[\s\S]*?<\/style>/gi, "").replace(/\sstyle\s*=/gi, " data-look=");
  const parsed = new DOMParser().parseFromString(plain, "text/html");
  const text = textOf(parsed.body, false).replace(/\*\*\s*\*\*/g, " ").replace(/ *\n */g, "\n").replace(/\n{3,}/g, "\n\n").trim();
  if (!text) return;
  event.preventDefault();
  field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
});
