// What the page says, in its reader's language. The page brings the words along; English is what stands in the code.

const words = JSON.parse(document.getElementById("words").textContent);

export function t(msgid, values = {}) {
  return (words[msgid] || msgid).replace(/%\((\w+)\)s/g, (place, name) => values[name]);
}
