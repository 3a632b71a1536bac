// A stand-in for Zendesk's ZAF SDK, as far as the app uses it: calls go to the page around the frame, and come back.
(() => {
  const calls = new Map();
  const listeners = new Map();
  let last = 0;
  window.addEventListener("message", ({ data }) => {
    if (data.event) for (const each of listeners.get(data.event) || []) each(data.data);
    const call = calls.get(data.id);
    calls.delete(data.id);
    if (call) data.error ? call.failed(new Error(data.error)) : call.done(data.result);
  });
  const ask = (method, args) =>
    new Promise((done, failed) => {
      calls.set(++last, { done, failed });
      window.parent.postMessage({ id: last, method, args }, new URLSearchParams(location.search).get("origin"));
    });
  window.ZAFClient = {
    init() {
      if (!new URLSearchParams(location.search).get("app_guid")) return false;
      return {
        get: (path) => ask("get", [path]),
        invoke: (...args) => ask("invoke", args),
        on: (name, call) => listeners.set(name, [...(listeners.get(name) || []), call]),
      };
    },
  };
})();
