"""An nginx in front of web processes, and another before it that stands for the internet.

Whoever connects comes, for the nearer one, from the address that the farther one says: so a browser on this machine has
an address that can be searched for. The nearer one is a proxy as it should be: it notes who asks for the line alone.
"""

import os
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from tests.ports import free_port
from tests.services import Service

QUIET = "access_log off; error_log {folder}/error.log crit;"
"""What is neither an access nor somebody's failed request: nginx writes addresses and queries beside both."""

TALKATIVE = "access_log {folder}/access.log; error_log {folder}/error.log info;"
"""As nginx comes."""

CONFIGURATION = """
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log crit;
events {{ worker_connections 256; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    map $http_upgrade $connection_upgrade {{ default upgrade; '' close; }}
    upstream line {{ {upstream} }}
    proxy_http_version 1.1;
    proxy_read_timeout 60s;
    server {{
        listen 127.0.0.1:{port};
        access_log off;
        location / {{
            proxy_set_header Host $http_host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_set_header X-Forwarded-For {visitors_address};
            proxy_pass http://127.0.0.1:{near_port};
        }}
    }}
    server {{
        listen 127.0.0.1:{near_port};
        set_real_ip_from 127.0.0.1;
        real_ip_header X-Forwarded-For;
        {logs}
        location / {{
            proxy_set_header Host $http_host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_pass http://line;
        }}
    }}
}}
"""


class Nginx(Service):
    """Both of them in one process. `port` is the internet's; `ports` are those of the web processes."""

    name = "nginx"

    def __init__(self, ports: Sequence[int], visitors_address: str, *, logs: str = QUIET) -> None:
        super().__init__()
        self._ports = ports
        self._address = visitors_address
        self._logs = logs

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def prepare(self) -> None:
        self._configuration.write_text(
            CONFIGURATION.format(
                user="user root;" if os.geteuid() == 0 else "",
                folder=self.folder,
                upstream=" ".join(f"server 127.0.0.1:{port} max_fails=0;" for port in self._ports),
                port=self.port,
                near_port=free_port(),
                visitors_address=self._address,
                logs=self._logs.format(folder=self.folder),
            )
        )

    @property
    def _configuration(self) -> Path:
        return self.folder / "nginx.conf"

    def command(self) -> list[str]:
        nginx = ["/usr/sbin/nginx", "-e", "stderr", "-p", str(self.folder), "-c", str(self._configuration)]
        return ["setpriv", "--pdeathsig", "TERM", *nginx]

    def answers(self) -> bool:
        """Also while nothing runs behind it."""
        try:
            urllib.request.urlopen(self.url, timeout=5).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True
