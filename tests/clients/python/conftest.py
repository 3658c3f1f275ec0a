"""What the tests share: servers, callers, and an environment without anyone's AWS settings."""

import os

import pytest

from keyfront import Caller, Server, new_account


# What is for the tests, not for the server.
OURS = (
    "KEYFRONT_BIN",
    "KEYFRONT_ATTACK_SECONDS",
    "KEYFRONT_SETTINGS_SEED",
    "KEYFRONT_SETTINGS_CASES",
)


def pytest_configure(config):
    # The server refuses files that others may write, as they are made where the mask is 002.
    os.umask(0o022)
    # The clients must see what the tests give them and nothing else; neither must the server.
    for name in list(os.environ):
        proxy = name.lower().endswith("_proxy")
        if (
            proxy
            or name.startswith("AWS_")
            or (name.startswith("KEYFRONT_") and name not in OURS)
        ):
            del os.environ[name]
    os.environ["AWS_CONFIG_FILE"] = os.devnull
    os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The server that most tests share, each with an account of its own."""
    with Server(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
def start_server(tmp_path):
    """Starts servers for one test, and stops them behind it."""
    servers = []

    def start(**options):
        folder = options.pop("folder", None) or tmp_path / f"server-{len(servers)}"
        server = Server(folder, **options)
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def slow_server(tmp_path_factory):
    """A server whose stores are PROVISIONING for a while, as at AWS."""
    folder = tmp_path_factory.mktemp("slow-server")
    with Server(folder, provisioning_seconds=2) as server:
        yield server


@pytest.fixture
def caller(server):
    """The clients of a fresh account."""
    return Caller(server, account=new_account())


@pytest.fixture
def slow_caller(slow_server):
    return Caller(slow_server, account=new_account())


@pytest.fixture
def store(caller):
    """An empty store that is READY."""
    return caller.make_store()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Shows the end of each server's log beside a failure."""
    outcome = yield
    report = outcome.get_result()
    if report.when != "call" or not report.failed:
        return
    shown = set()
    for name, value in item.funcargs.items():
        server = value if isinstance(value, Server) else getattr(value, "server", None)
        if isinstance(server, Server) and server not in shown and server.log_path.exists():
            shown.add(server)
            report.sections.append((f"log of {name}", server.log()[-3000:]))
