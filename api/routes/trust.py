"""How to trust the hub's authority on Windows, 统信/麒麟 and phones; and the authority's certificate itself."""

from pathlib import Path

from fastapi import APIRouter
from starlette.responses import FileResponse, HTMLResponse

from api.errors.request import NotFound
from api.routes.signed import TheHouse

router = APIRouter(tags=["trust"])


@router.get("/trust", response_class=HTMLResponse)
async def trust(house: TheHouse) -> HTMLResponse:
    return HTMLResponse(PAGE.replace("{url}", house.config.public_url), headers={"Cache-Control": "no-cache"})


@router.get(
    "/trust/authority.crt",
    response_class=FileResponse,
    responses={200: {"content": {"application/x-x509-ca-cert": {"schema": {"type": "string", "format": "binary"}}}}},
)
async def authority(house: TheHouse) -> FileResponse:
    path = house.config.trust_certificate
    if path is None or not await _is_file(path):
        raise NotFound("authority")
    return FileResponse(path, media_type="application/x-x509-ca-cert", filename="huilu-authority.crt")


async def _is_file(path: Path) -> bool:
    import asyncio

    return await asyncio.to_thread(path.is_file)


PAGE = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>会录 · 信任本系统证书</title>
<style>
body{font:18px/1.6 system-ui,"PingFang SC","Microsoft YaHei",sans-serif;max-width:46em;margin:0 auto;padding:1.5em;
color:#14242e;background:#f3f6f7}
h1{font-size:1.5em}h2{font-size:1.15em;margin-top:1.8em}
.mark{display:flex;align-items:center;font-size:1.3em;font-weight:700;color:#14496b;text-decoration:none}
.mark img{margin-right:.4em}
a.button{display:inline-block;min-height:48px;line-height:48px;padding:0 1.5em;background:#14496b;color:#fff;
border-radius:10px;text-decoration:none}
a.button:focus{outline:3px solid #f5a623}
.en{color:#465661;font-size:.9em}code{background:#e3eef5;padding:.1em .3em;word-break:break-all}
p>.en{display:block}
</style></head><body>
<a class="mark" href="/"><img src="/seal.svg" alt="" width="36" height="36">会录</a>
<h1>让浏览器信任会录</h1>
<p>摄像头和麦克风只能在受信任的地址上使用。每台设备只需做一次。
<span class="en">Cameras and microphones work only on a trusted address; each device does this once.</span></p>
<p><a class="button" href="/trust/authority.crt">下载证书 huilu-authority.crt</a></p>
<p class="en">Download the authority's certificate. Ask the county office to read out its fingerprint if in doubt.</p>
<h2>Windows（Edge、Chrome、360、奇安信）</h2>
<ol><li>双击下载的文件，点“安装证书”。</li><li>选“本地计算机”或“当前用户”，下一步。</li>
<li>选“将所有的证书都放入下列存储”，浏览，选“受信任的根证书颁发机构”，完成。</li><li>关闭浏览器再打开。</li></ol>
<p class="en">Double-click, Install Certificate, place it in “Trusted Root Certification Authorities”, restart the
browser.</p>
<h2>统信 UOS、银河麒麟</h2>
<ol><li>打开浏览器“设置 → 隐私和安全 → 管理证书 → 授权机构 → 导入”。</li>
<li>选下载的文件，勾选“信任该证书以标识网站”，确定。</li>
<li>或由管理员在终端执行：<code>sudo cp huilu-authority.crt /usr/local/share/ca-certificates/ &amp;&amp;
sudo update-ca-certificates</code></li></ol>
<p class="en">Browser settings, Privacy, Manage certificates, Authorities, Import; or the command above.</p>
<h2>安卓、鸿蒙手机 <span class="en">Android, HarmonyOS</span></h2>
<ol><li>下载后打开“设置”，搜索“CA 证书”或“从存储设备安装”。</li><li>选“CA 证书”，选下载的文件，确认安装。</li></ol>
<p class="en">Settings, search “CA certificate”, install from storage.</p>
<h2>苹果手机、平板 <span class="en">iPhone, iPad</span></h2>
<ol><li>用 Safari 下载，允许安装描述文件。</li><li>“设置 → 通用 → VPN 与设备管理”，安装。</li>
<li>“设置 → 通用 → 关于本机 → 证书信任设置”，打开本证书的开关。</li></ol>
<p class="en">Install the profile, then switch it on under General, About, Certificate Trust Settings.</p>
<p>完成后打开 <a href="{url}">{url}</a>。</p>
</body></html>
"""
