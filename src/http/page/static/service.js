// The service as the page and the widget ask it: cards and pages as elements, suggestions as texts.

function element(html, selector) {
  return new DOMParser().parseFromString(html, "text/html").querySelector(selector);
}

// What a problem (RFC 9457) says.
function problemOf(text) {
  try {
    return JSON.parse(text).detail;
  } catch {
    return "";
  }
}

// `base` is the service's origin; `key` goes along where the service asks other people's pages for one.
export function service(base = "", key = "") {
  const headers = key ? { Authorization: `Bearer ${key}` } : {};
  const get = async (path) => {
    const response = await fetch(base + path, { headers });
    if (response.ok) return response.text();
    // Pages tell what is wrong as a page, everything else as a problem.
    const text = await response.text();
    const page = element(text, "[role=alert]")?.textContent;
    throw new Error(page || problemOf(text) || "服务没有回答,请稍后再试");
  };
  return {
    // A turn, ready to be put into the page.
    async card(query) {
      const html = await get(`/card?${query}`);
      performance.mark("answer-received");
      return document.importNode(element(html, ".turn"), true);
    },
    async part(path, selector) {
      return document.importNode(element(await get(path), selector), true);
    },
    async feedback(said) {
      const response = await fetch(`${base}/feedback`, {
        method: "POST",
        headers: { ...headers, "Content-Type": "application/json" },
        body: JSON.stringify(said),
      });
      if (!response.ok) throw new Error(problemOf(await response.text()) || "没有记下,请稍后再试");
    },
    async suggestions(text) {
      return JSON.parse(await get(`/suggest?q=${encodeURIComponent(text)}`)).suggestions;
    },
  };
}

// Measures how long an answer took from its arrival until it was painted.
export function painted() {
  requestAnimationFrame(() => setTimeout(() => performance.measure("answer-painted", "answer-received")));
}
