"""A stand-in for an OpenWrt router's shell: enough of `uci` and its neighbours to run a script.

OpenWrt's tools are in no Debian archive, so the installation script meets this instead: a `uci`
that keeps sections and options in one JSON file and refuses what the real one refuses, and
programs that note that they were called. The shell that runs the script is a real busybox.
"""

import json
import shlex
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

Sections = dict[str, dict[str, str | list[str]]]
TYPE = ".type"


class Uci:
    """The configuration, `file.section` by `file.section`."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self.sections: Sections = json.loads(store.read_text()) if store.exists() else {}
        self.commands: dict[str, Callable[[str], None]] = {
            "set": self.set,
            "add_list": self.add_list,
            "del_list": self.del_list,
            "delete": self.delete,
            "show": self.show,
            "commit": lambda _: None,
        }

    def save(self) -> None:
        """Keep what was changed; who reads at the same time sees all of it or none."""
        draft = self._store.with_suffix(".draft")
        draft.write_text(json.dumps(self.sections, indent=1))
        draft.replace(self._store)

    def run(self, command: str, argument: str) -> None:
        """Run one command.

        Raises:
            KeyError: as the real one fails, for what does not exist.
        """
        self.commands[command](argument)

    def set(self, argument: str) -> None:
        """Make a section, or set an option of one that exists."""
        name, value = argument.split("=", 1)
        section, option = _split(name)
        if option is None:
            self.sections.setdefault(section, {})[TYPE] = value
        else:
            self.sections[section][option] = value

    def add_list(self, argument: str) -> None:
        """Add to a list of a section that exists."""
        name, value = argument.split("=", 1)
        section, option = _split(name)
        assert option
        items = self.sections[section].setdefault(option, [])
        assert isinstance(items, list), f"{name} is not a list"
        items.append(value)

    def del_list(self, argument: str) -> None:
        """Remove a value from a list."""
        name, value = argument.split("=", 1)
        section, option = _split(name)
        assert option
        items = self.sections[section][option]
        assert isinstance(items, list)
        self.sections[section][option] = [item for item in items if item != value]

    def delete(self, argument: str) -> None:
        """Remove a section."""
        del self.sections[argument]

    def show(self, argument: str) -> None:
        """Print a file's sections and options."""
        for section, options in self.sections.items():
            if section.split(".")[0] != argument:
                continue
            sys.stdout.write(f"{section}={options[TYPE]}\n")
            for name, value in options.items():
                if name != TYPE:
                    sys.stdout.write(f"{section}.{name}={value!r}\n")


def _split(name: str) -> tuple[str, str | None]:
    file, section, *option = name.split(".")
    return f"{file}.{section}", option[0] if option else None


def main(store: Path, arguments: list[str]) -> int:
    """Run `uci` with these arguments; like the real one, `batch` goes on after a failure."""
    uci = Uci(store)
    words = [word for word in arguments if word != "-q"]
    failed = 0
    if words == ["batch"]:
        for line in sys.stdin:
            with suppress(KeyError):
                uci.run(*shlex.split(line))
    else:
        try:
            uci.run(*words)
        except KeyError:
            failed = 1
    if words[0] != "show":
        uci.save()
    return failed


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
