"""What the demo's technologists find: invented results that fit the demo laboratory's catalog."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...results import Findings

_LINEAGES = {
    "erythropoiesis": "Present, all stages, normoblastic.",
    "granulopoiesis": "Present, all stages, orderly maturation.",
    "megakaryopoiesis": "Present in normal number, lobated.",
}
_NORMAL_SHARES: Mapping[str, float] = {
    "blasts": 1.5,
    "promyelocytes": 2,
    "myelocytes": 8,
    "metamyelocytes": 12,
    "bands": 14,
    "neutrophils": 18,
    "eosinophils": 3.5,
    "basophils": 0,
    "mast_cells": 0,
    "monocytes": 2,
    "lymphocytes": 18,
    "plasma_cells": 1,
    "proerythroblasts": 1,
    "erythroblasts": 19,
}
_LEUKAEMIC_SHARES = dict.fromkeys(_NORMAL_SHARES, 0.0) | {
    "blasts": 83.0,
    "lymphocytes": 11,
    "neutrophils": 2,
    "erythroblasts": 4,
}

_USUAL: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "BM-FILM": ({"adequacy": "ADEQUATE", "films": 6, "unstained": 2}, "Adequate films with particles."),
    "BM-MORPH": (
        {"adequacy": "ADEQUATE", "aspiration": "easy", "cellularity": "normal for age", **_LINEAGES},
        "Normocellular marrow with all three lineages. No excess of blasts.",
    ),
    "BM-DIFF": ({"cells": 500, **_NORMAL_SHARES, "me_ratio": 2.9}, "Differential within the age range."),
    "BM-IRON": ({"particles": 8, "stores": "normal", "ring_sideroblasts": 0}, "Iron stores are normal."),
    "BM-CYTO": ({"mpo": "negative", "pas": "positive"}, "Myeloperoxidase negative."),
    "BM-MRD": (
        {"call": "not detected", "detection_limit": 0.001, "events": 2_400_000, "dilution": "none"},
        "No residual disease above the limit of detection.",
    ),
    "BM-FLOW": (
        {
            "viability": 96,
            "blasts": 1.2,
            "lineage": "no abnormal population",
            "immunophenotype": "Maturing myeloid cells, B-cell precursors in the normal pattern.",
        },
        "No abnormal population.",
    ),
    "BM-KARYO": ({"iscn": "46,XN[20]", "metaphases": 20, "abnormal": 0}, "Normal karyotype."),
    "BM-FISH": (
        {
            "probes": "ETV6::RUNX1, KMT2A, BCR::ABL1",
            "nuclei": 200,
            "abnormal": 0,
            "iscn": "nuc ish(ETV6,RUNX1)x2",
        },
        "No rearrangement found.",
    ),
    "BM-MOL": ({"sensitivity": 1, "interpretation": "No fusion transcript found."}, "No fusion found."),
    "BM-CHIM": (
        {"donor": 99, "recipient": 1, "markers": 12, "fraction": "whole marrow"},
        "Complete donor chimerism.",
    ),
    "BM-CX-BACT": ({"growth": "no growth, final"}, "No growth after five days."),
    "BM-CX-AFB": ({"smear": "not seen", "growth": "no growth to date"}, "No growth to date."),
    "BM-CX-FUNG": ({"growth": "no growth to date"}, "No growth to date."),
    "BONE-CX": (
        {"gram": "Gram-positive cocci in clusters", "growth": "growth", "organism": "Staphylococcus aureus"},
        "Growth of Staphylococcus aureus.",
    ),
    "BONE-KK": ({"kingella": "not detected"}, "Kingella kingae DNA not detected."),
    "BM-TREPH": (
        {
            "length": 14,
            "adequacy": "ADEQUATE",
            "fixative_hours": 18,
            "cellularity": 70,
            "architecture": "Preserved, with evenly spread haemopoiesis.",
            "reticulin": "MF-0",
        },
        "Cellular marrow of normal architecture.",
    ),
    "BM-CLOT": (
        {"adequacy": "ADEQUATE", "description": "Particles with trilineage haemopoiesis."},
        "As films.",
    ),
    "BM-HOLD": ({"banked": "pellet, DNA and RNA", "amount": "3 vials"}, "Banked."),
}

_LEUKAEMIC: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "BM-MORPH": (
        {
            "adequacy": "ADEQUATE",
            "aspiration": "difficult",
            "cellularity": "increased",
            "erythropoiesis": "Much reduced.",
            "granulopoiesis": "Much reduced.",
            "megakaryopoiesis": "Scarce.",
            "blasts": "Sheets of small to medium blasts with scant cytoplasm.",
        },
        "Marrow replaced by blasts: acute leukaemia. Lineage by flow cytometry.",
    ),
    "BM-DIFF": ({"cells": 500, **_LEUKAEMIC_SHARES}, "83 % blasts."),
    "BM-FLOW": (
        {
            "viability": 94,
            "blasts": 81,
            "lineage": "B",
            "cd34": 76,
            "cd19": 80,
            "cd10": 79,
            "immunophenotype": "CD19, CD10, CD34 and TdT positive precursor B cells; no myeloid markers.",
        },
        "B-lymphoblastic leukaemia.",
    ),
    "BM-KARYO": (
        {"iscn": "46,XN,t(12;21)(p13;q22)[14]/46,XN[6]", "metaphases": 20, "abnormal": 14},
        "Translocation t(12;21).",
    ),
    "BM-MOL": (
        {
            "fusions": "ETV6::RUNX1",
            "sensitivity": 1,
            "interpretation": "ETV6::RUNX1 fusion transcript found.",
        },
        "ETV6::RUNX1 found.",
    ),
}
# What a clinician has to hear at once.
_CRITICAL = ("BM-MORPH",)


def findings_of(indication: str, test_code: str) -> Findings:
    """What is found in this test of a child who came with this question."""
    leukaemic = indication == "LEUK-NEW" and test_code in _LEUKAEMIC
    fields, conclusion = (_LEUKAEMIC if leukaemic else _USUAL)[test_code]
    return Findings(fields=fields, conclusion=conclusion, critical=leukaemic and test_code in _CRITICAL)
