"""Why something is missing of a recording, in the words that pages and exports show: cause → (Chinese, English)."""

CAUSES: dict[str, tuple[str, str]] = {
    "network": ("网络中断", "network"),
    "relay": ("媒体中继重启", "the relay was restarted"),
    "recorder": ("录制服务中断", "the recorder was away"),
    "disk": ("录像磁盘已满或写不进", "the disk was full or took nothing"),
    # A picture can begin with a key frame only, which was asked for at the opening.
    "starting": ("正在开始", "it was starting"),
    "ending": ("正在结束", "it was ending"),
    "camera": ("摄像头没有画面", "the camera gave nothing"),
    "microphone": ("话筒没有声音", "the microphone gave nothing"),
    "screen": ("共享屏幕没有画面", "the shared screen gave nothing"),
    "muted": ("已静音或关闭", "switched off"),
    "call": ("来电", "a telephone call"),
    "locked": ("锁屏", "the screen was locked"),
    "left": ("设备离开", "the device had left"),
}
