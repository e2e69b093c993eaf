// The search box as a combobox (ARIA Authoring Practices: editable, with a list). An input method that is composing has
// its keys to itself; what it has written so far (医保zhuan) is looked up all the same.

const WAIT_MS = 90;
let boxes = 0;

// `find(text)` gives a promise of sayings; `pick(text)` is called when one is chosen.
export function suggest(input, find, pick) {
  const list = document.createElement("ul");
  list.className = "options-list";
  list.id = `suggestions-${(boxes += 1)}`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "猜您想问");
  list.hidden = true;
  input.after(list);
  const attributes = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id };
  for (const [name, value] of Object.entries(attributes)) input.setAttribute(name, value);

  let active = -1;
  let timer = 0;
  let asked = 0;

  const close = () => {
    clearTimeout(timer);
    asked += 1;
    list.hidden = true;
    list.replaceChildren();
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const choose = (text) => {
    input.value = text;
    close();
    pick(text);
  };
  const mark = (place) => {
    const options = [...list.children];
    active = options.length ? (place + options.length) % options.length : -1;
    options.forEach((option, i) => option.setAttribute("aria-selected", String(i === active)));
    if (active >= 0) {
      input.setAttribute("aria-activedescendant", options[active].id);
      options[active].scrollIntoView({ block: "nearest" });
    }
  };
  const show = (sayings) => {
    list.replaceChildren(
      ...sayings.map((text, i) => {
        const option = document.createElement("li");
        option.id = `${list.id}-${i}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.textContent = text;
        // Before the box loses the focus to the press.
        option.addEventListener("pointerdown", (event) => {
          event.preventDefault();
          choose(text);
        });
        return option;
      }),
    );
    active = -1;
    input.removeAttribute("aria-activedescendant");
    list.hidden = sayings.length === 0;
    input.setAttribute("aria-expanded", String(sayings.length > 0));
  };
  const look = () => {
    clearTimeout(timer);
    const text = input.value.trim();
    if (!text) {
      close();
      return;
    }
    timer = setTimeout(async () => {
      const turn = (asked += 1);
      const sayings = await find(text).catch(() => []);
      // An answer to what has been typed over since is no help.
      if (turn === asked) show(sayings.filter((saying) => saying !== text));
    }, WAIT_MS);
  };

  input.addEventListener("input", look);
  input.addEventListener("compositionend", look);
  input.addEventListener("blur", close);
  input.form?.addEventListener("submit", close);
  input.addEventListener("keydown", (event) => {
    // 229 is what older systems send while an input method composes.
    if (event.isComposing || event.keyCode === 229) return;
    const open = !list.hidden;
    if (event.key === "ArrowDown" && open) mark(active + 1);
    else if (event.key === "ArrowUp" && open) mark(active < 0 ? -1 : active - 1);
    else if (event.key === "ArrowDown") look();
    else if (event.key === "Enter" && open && active >= 0) choose(list.children[active].textContent);
    else if (event.key === "Escape" && open) close();
    else return;
    event.preventDefault();
  });
}
