"""Who may earn which credit is told apart by profession; these are the ones to choose from."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

PROFESSIONS: Mapping[str, str] = MappingProxyType(
    {
        "physician": "Physician",
        "medical student": "Medical student",
        "nurse": "Nurse",
        "nurse practitioner": "Nurse practitioner",
        "physician assistant": "Physician assistant or associate",
        "pharmacist": "Pharmacist",
        "psychologist": "Psychologist",
        "social worker": "Social worker",
        "other": "Another profession",
    }
)
"""What is stored → what is shown."""
EVERYBODY = tuple(PROFESSIONS)
