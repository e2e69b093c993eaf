// <script src="https://…/widget.js" async></script> makes <yiwen-ask> known to a page. It leaves no global behind; the
// parts come as modules from where this script came from.
{
  const base = new URL(document.currentScript.src).origin;
  import(`${base}/scripts/current/widget-element.js`).then((part) => part.define(base));
}
