"""The keys that steer races."""

import base64
import hashlib
import hmac
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from resnet_viz.lab.lab import Lab
from resnet_viz.store.database import StoreError
from resnet_viz.store.keys.race_keys import FILE_NAME


def test_a_key_is_the_hmac_of_the_id_and_opens_that_race_alone(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    key = lab.steering_key("race")
    secret = (tmp_path / FILE_NAME).read_bytes()
    reference = hmac.new(secret, b"race", hashlib.sha256).digest()
    assert base64.urlsafe_b64decode(key + "=") == reference
    assert lab.may_steer("race", key)
    assert lab.may_steer("race", Lab(tmp_path).steering_key("race")), "the secret stays"
    for wrong in (
        "",
        key[:-1],
        key + "A",
        key.swapcase(),
        "é\ud800\x00",
        lab.steering_key("other"),
    ):
        assert not lab.may_steer("race", wrong)
    assert not lab.may_steer("other", key)
    assert not lab.may_steer("race", Lab(tmp_path / "elsewhere").steering_key("race"))


def test_the_secret_is_its_owners_alone_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        Lab(tmp_path).steering_key("race")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.glob(f"{FILE_NAME}*")] == [FILE_NAME]


def test_processes_that_begin_at_once_share_one_secret(tmp_path: Path) -> None:
    code = (
        "import sys; from resnet_viz.lab.lab import Lab; print(Lab(sys.argv[1]).steering_key('r'))"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    several = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    keys = {process.communicate()[0].strip() for process in several}
    assert keys == {Lab(tmp_path).steering_key("r")}


def test_a_damaged_secret_opens_nothing(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"")
    with pytest.raises(StoreError, match="damaged"):
        Lab(tmp_path).may_steer("race", "")
