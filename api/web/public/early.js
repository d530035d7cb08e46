// A page that was reloaded in a running meeting records camera and microphone again before anything else of it is read:
// what that takes is missing of the meeting, so the app itself is read afterwards (src/main.ts). src/copy goes on with
// what was begun here.
;(function () {
  try {
    var id = (/^\/meetings\/([\w-]+)$/.exec(location.pathname) || [])[1]
    var kept = JSON.parse(localStorage.getItem("huilu.kept") || "null")
    if (!id || sessionStorage.getItem("huilu.inside") !== id || !kept || kept.meeting.id !== id || !kept.early) return
    var early = { stream: null, recorder: null, slices: [], start: 0, loose: 0, last: 0, opened: null }
    var now = function () { return performance.timeOrigin + performance.now() }
    early.opened = navigator.mediaDevices.getUserMedia(kept.early.wish).then(function (stream) {
      early.stream = stream
      var recorder = new MediaRecorder(stream, kept.early.options)
      recorder.onstart = function () { early.loose = now() - early.start }
      recorder.ondataavailable = function (event) {
        early.slices.push(event.data)
        early.last = now()
      }
      early.start = now()
      recorder.start(kept.early.slice)
      early.recorder = recorder
    })
    early.opened.catch(function () { /* the page asks again, and says what is wrong */ })
    window.huiluEarly = early
  } catch (error) {
    /* an old browser: the page does it later */
  }
})()
