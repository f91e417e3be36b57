(function () {
  // Saves each answer at once, one after the other, until the server has it. The text
  // shown is the same whatever is answered.
  var form = document.getElementById("questions"), state = document.getElementById("state");
  var queue = [], busy = false, wait = 1000;
  function number() {
    var n = new Uint32Array(1);
    crypto.getRandomValues(n);
    return (n[0] >>> 1) || 1;
  }
  function left(remaining) {
    state.textContent = "已保存。还剩 " + remaining.length + " 题没有回答，可以留空。 Saved; " + remaining.length + " left, they may stay blank.";
  }
  function next() {
    if (busy || !queue.length) return;
    busy = true;
    fetch("/api/v1/answers", {
      method: "POST", credentials: "same-origin",
      headers: {"Content-Type": "application/json", "Accept": "application/json"},
      body: JSON.stringify(queue[0])
    }).then(function (r) {
      if (r.status >= 500 || r.status === 429) throw new Error("again");
      return r.json().then(function (body) {
        queue.shift();
        wait = 1000;
        busy = false;
        if (r.status === 201) left(body.remaining); else location.reload();
        next();
      });
    }).catch(function () {
      state.textContent = "网络不通，正在重试，请不要关闭页面。 No network; trying again, please keep this page open.";
      setTimeout(function () { busy = false; next(); }, wait);
      wait = Math.min(wait * 2, 15000);
    });
  }
  form.addEventListener("change", function (e) {
    var name = e.target.name.split(":");
    if (name[0] !== "a" || name.length !== 3) return;
    queue.push({save: number(), answers: [{instrument: name[1], item: name[2], value: Number(e.target.value)}]});
    next();
  });
})();
