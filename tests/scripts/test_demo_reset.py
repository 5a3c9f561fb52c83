"""`make demo-reset` throws away a demo, and nothing that could be anything else."""

import pytest

from portal.config import read_config
from scripts.demo_reset import remove_all, require_demo
from scripts.supervisor import CannotStart


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "demo").touch()
    (tmp_path / "countersign.db").write_text("rows")
    (tmp_path / "uploads").mkdir()
    (tmp_path / "uploads" / "list.csv").write_text("a,b")
    return tmp_path


def config_of(folder, **more):
    return read_config({"DATA_DIR": str(folder), **more})


def test_a_folder_without_the_mark_of_the_demo_is_left_alone(folder):
    (folder / "demo").unlink()
    with pytest.raises(CannotStart, match="nothing was removed"):
        require_demo(config_of(folder))


def test_production_is_left_alone(folder):
    production = config_of(folder, ENVIRONMENT="production", SECRET_KEY="k" * 32)
    with pytest.raises(CannotStart, match="nothing was removed"):
        require_demo(production)


@pytest.mark.parametrize("url", ["postgresql://db/countersign", "sqlite:////srv/other.db"])
def test_a_database_elsewhere_is_left_alone(folder, url):
    with pytest.raises(CannotStart, match="outside DATA_DIR"):
        require_demo(config_of(folder, DATABASE_URL=url))


def test_the_demo_goes_and_the_secret_key_stays(folder):
    config = config_of(folder)
    require_demo(config)
    remove_all(config)
    assert [path.name for path in folder.iterdir()] == ["secret_key"]
