// Tells a browser that is too old for the pages so, in words. ES5 on purpose: old browsers must be able to read it.
(function () {
  var missing = []
  if (!("noModule" in document.createElement("script"))) missing.push("module")
  if (!window.Promise || !window.fetch || !window.WebSocket) missing.push("fetch")
  if (!window.CSS || !CSS.supports || !CSS.supports("display", "grid")) missing.push("grid")
  if (!("replaceAll" in String.prototype)) missing.push("2020")
  if (!missing.length) return
  window.huiluTooOld = true // src/main.ts reads no app then
  function tell() {
    var app = document.getElementById("app") || document.body
    app.innerHTML =
      '<div style="max-width:640px;margin:48px auto;padding:24px;font:18px/1.6 sans-serif;color:#16242e">' +
      '<h1 style="font-size:26px;line-height:1.4;margin:0 0 16px">这个浏览器太旧，打不开会录</h1>' +
      '<p style="margin:16px 0">请换用下面任意一种浏览器，再打开同一个网址：</p>' +
      '<ul style="margin:16px 0;padding:0 0 0 24px;list-style:disc"><li>360 安全浏览器 13 或更新，使用“极速模式”</li><li>奇安信可信浏览器、统信 UOS 自带浏览器（2021 年以后的版本）</li>' +
      "<li>Chrome 或 Edge 87 以后的版本</li><li>苹果手机：系统升级到 iOS 14 以上，用 Safari</li></ul>" +
      '<p style="margin:16px 0">如果正在用 360 浏览器，请点地址栏右边的小图标，把“兼容模式”换成“极速模式”。</p>' +
      '<p lang="en">This browser is too old for Huilu. Please use Chrome, Edge (87 or later) or Safari 14 or later.</p></div>'
  }
  if (document.body) tell()
  else document.addEventListener("DOMContentLoaded", tell)
})()
