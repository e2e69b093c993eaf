// <yiwen-ask region="深圳市" key="…">: the search box and the answer card in a shadow root, in other people's pages.
//
// Styles are constructed from text, which a page's Content-Security-Policy does not forbid; the page has to allow the
// service in script-src and connect-src, and nothing else.

import { live, prepare } from "./card.js";
import { painted, service } from "./service.js";
import { suggest } from "./suggest.js";

const SHEETS = ["colours.css", "controls.css", "card.css", "widget.css"];

async function sheet(base, name) {
  const response = await fetch(`${base}/styles/current/${name}`);
  return new CSSStyleSheet().replace(await response.text());
}

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

export function define(base) {
  if (customElements.get("yiwen-ask")) return;
  const sheets = Promise.all(SHEETS.map((name) => sheet(base, name)));

  class YiwenAsk extends HTMLElement {
    async connectedCallback() {
      if (this.shadowRoot) return;
      const yiwen = service(base, this.getAttribute("key") ?? "");
      const root = this.attachShadow({ mode: "open" });
      const box = make("input", {
        name: "q", id: "q", type: "text", maxlength: "1000", required: "", autocomplete: "off", enterkeyhint: "search",
        placeholder: "例如:深圳医保断缴4个月,工资8000,怎么补",
      });
      const label = make("label", { class: "hidden", for: "q" }, "医保的事,用一句话问");
      const line = make("div", { class: "line" }, label, make("div", { class: "combo" }, box), make("button", { class: "go" }, "提问"));
      const form = make("form", { class: "ask", role: "search" }, line);
      const status = make("p", { class: "status", role: "status" });
      const answer = make("div", { class: "conversation" });
      const whole = make("div", { class: "widget", lang: "zh-CN" }, form, status, answer);
      root.adoptedStyleSheets = await sheets;
      root.append(whole);

      // Links lead to the service, beside the page.
      const ready = (turn) => {
        prepare(turn);
        for (const link of turn.querySelectorAll("a[href^='/']")) {
          link.href = base + link.getAttribute("href");
          link.target = "_blank";
          link.rel = "noopener";
        }
        for (const button of turn.querySelectorAll("[data-print]")) button.remove();
        return turn;
      };
      const cards = { ...yiwen, card: async (query) => ready(await yiwen.card(query)) };
      const ask = async (query) => {
        status.textContent = "";
        try {
          answer.replaceChildren(await cards.card(query));
          painted();
        } catch (problem) {
          status.textContent = problem.message;
        }
      };
      const anew = () => {
        const params = new URLSearchParams({ q: box.value.trim() });
        const region = this.getAttribute("region");
        if (region) params.set("region", region);
        if (box.value.trim()) ask(params.toString());
      };
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        anew();
      });
      suggest(box, yiwen.suggestions, anew);
      live(whole, cards, {
        lifts: false,
        replaced: (turn) => (status.textContent = turn.querySelector(".conclusion")?.textContent ?? ""),
        ask(query) {
          box.value = new URLSearchParams(query).get("q") ?? "";
          anew();
        },
      });
    }
  }
  customElements.define("yiwen-ask", YiwenAsk);
}
