"""`make up`: Dagster, Streamlit and MLflow over one home, until Ctrl-C. `python -m orchestration.up`."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from gridlake.settings import PROJECT_ROOT, Settings, load_settings

PORTS = {"dagster": 3000, "app": 8501, "mlflow": 5000}


def commands(settings: Settings) -> dict[str, tuple[list[str], str]]:
    """What is started: name -> (command line, address to open)."""
    scripts = Path(sys.executable).parent
    dagster, app, mlflow = (PORTS[name] for name in ("dagster", "app", "mlflow"))
    started = {
        "dagster": (
            [str(scripts / "dagster"), "dev", "-m", "orchestration.definitions", "-p", str(dagster)],
            f"http://localhost:{dagster}",
        ),
        "app": (
            [
                *(str(scripts / "streamlit"), "run", str(PROJECT_ROOT / "apps" / "streamlit_app" / "app.py")),
                *("--server.port", str(app), "--server.headless", "true", "--browser.gatherUsageStats", "false"),
            ],
            f"http://localhost:{app}",
        ),
        "mlflow": (
            [
                *(str(scripts / "mlflow"), "ui", "--backend-store-uri", f"sqlite:///{settings.mlflow_db}"),
                *("--port", str(mlflow)),
            ],
            f"http://localhost:{mlflow}",
        ),
    }
    return {name: started[name] for name in started if shutil.which(started[name][0][0])}


def main() -> int:
    """Start everything, print where to look, stop everything on Ctrl-C or when one of them ends."""
    settings = load_settings()
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        "GRIDLAKE_HOME": str(settings.home),
        "DAGSTER_HOME": str(settings.dagster_home),
        "DAGSTER_DISABLE_TELEMETRY": "yes",
        "PYTHONPATH": str(PROJECT_ROOT),
    }
    if settings.archive:
        environment["GRIDLAKE_ARCHIVE"] = str(settings.archive)
    running: dict[str, subprocess.Popen[bytes]] = {}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        for name, (command, address) in commands(settings).items():
            running[name] = subprocess.Popen(command, cwd=PROJECT_ROOT, env=environment, start_new_session=True)
            print(f"{name:8} {address}", flush=True)
        print("Ctrl-C stops them all.", flush=True)
        while all(process.poll() is None for process in running.values()):
            time.sleep(1)
        ended = [name for name, process in running.items() if process.poll() is not None]
        print(f"{', '.join(ended)} ended; stopping the others.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        for process in running.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
