"""Puts the workflow into wheels: Snakemake's files stand at the root and not in the package."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

WORKFLOW = ("Snakefile", "rules", "workflow", "config", "envs", "profiles")
"""What `synthgap.command_line.workflow` looks for in the package; MANIFEST.in lists the same."""


class BuildWithWorkflow(build_py):
    """Copies the workflow beside the modules, unless the project is only linked to its sources."""

    def run(self):
        """Build the package as ever, then add the workflow."""
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib, "synthgap/workflow_files")
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for name in WORKFLOW:
            source = Path(__file__).parent / name
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(source, target / name, ignore=ignored)
            else:
                shutil.copy2(source, target / name)


setup(cmdclass={"build_py": BuildWithWorkflow})
