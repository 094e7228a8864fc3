"""What Grafana shows lies in the repository as it is described."""

import json

from deploy.stack.dashboards import DASHBOARDS, FOLDER
from deploy.stack.drawing import draw


def test_files_are_as_they_are_described() -> None:
    """What lies in the repository is what `python -m deploy.stack.dashboards` writes."""
    assert {file.stem for file in FOLDER.glob("*.json")} == {each.name for each in DASHBOARDS}
    for dashboard in DASHBOARDS:
        assert (FOLDER / f"{dashboard.name}.json").read_text() == draw(dashboard)


def test_every_panel_has_a_name_of_its_own() -> None:
    """And every line of it a legend, where there are several."""
    for dashboard in DASHBOARDS:
        panels = json.loads(draw(dashboard))["panels"]
        assert len({panel["title"] for panel in panels}) == len(panels)
        for targets in (panel["targets"] for panel in panels if len(panel["targets"]) > 1):
            assert len({target["legendFormat"] for target in targets}) == len(targets)
