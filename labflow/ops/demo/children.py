"""The invented children of the demo laboratory.

Ages and weights are spread as in a published table of 187 children before a transplant, whose rows they
mostly are, rounded to 0.1 years and 0.1 kg: Sikora et al., "Bone marrow transplant: children",
UCI Machine Learning Repository (CC BY 4.0). Names, birth dates, numbers and questions are invented, and the
sex follows the name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from ...patients import Sex

_DAYS_A_YEAR = 365.25
_FEMALE, _MALE = Sex.FEMALE, Sex.MALE


@dataclass(frozen=True)
class Child:
    """One invented child; `age` in years, `kg` None where nobody has weighed the child."""

    mrn: str
    family_name: str
    given_name: str
    sex: Sex
    age: float
    kg: Decimal | None

    def born_on(self, today: date) -> date:
        """The birth date that gives this age."""
        return today - timedelta(days=round(self.age * _DAYS_A_YEAR))


# family name, given name, sex, age in years, kilograms
_TABLE: tuple[tuple[str, str, Sex, float, str | None], ...] = (
    ("Khan", "Baby Girl", _FEMALE, 0.6, "6.0"),
    ("Khan", "Baby Girl", _FEMALE, 0.6, "6.4"),
    ("Papadopoulou", "Eleni", _FEMALE, 1.6, "11.3"),
    ("Þórsdóttir", "Sólveig", _FEMALE, 1.9, "10.5"),
    ("Okafor", "Chidi", _MALE, 2.3, "14.0"),
    ("Okafor", "Chika", _FEMALE, 2.3, "12.0"),
    ("Nguyễn", "Minh Đức", _MALE, 3.1, "15.0"),
    ("Żółkiewski", "Łukasz", _MALE, 3.4, "10.0"),
    ("Haddad", "Layla", _FEMALE, 3.8, "16.5"),
    ("O'Brien", "Aoife", _FEMALE, 4.2, "18.0"),
    ("Silva", "João", _MALE, 4.6, "23.0"),
    ("Иванов", "Алексей", _MALE, 4.8, "25.0"),
    ("Kowalczyk", "Zofia", _FEMALE, 5.1, "18.1"),
    ("García Núñez", "Iván", _MALE, 5.7, "23.0"),
    ("Lindqvist", "Maja", _FEMALE, 6.5, "23.0"),
    ("حداد", "ليلى", _FEMALE, 6.8, "23.0"),
    ("Smith", "Anna", _FEMALE, 7.4, "26.5"),
    ("Smith", "Anne", _FEMALE, 7.7, "20.8"),
    ("Παππάς", "Νίκος", _MALE, 8.1, "26.9"),
    ("Mbeki-Vandersloot", "Thandiwe", _FEMALE, 8.5, "26.8"),
    ("Fernández", "Ángel", _MALE, 8.9, "40.0"),
    ("Çelik", "Elif", _FEMALE, 9.5, "23.0"),
    ("Müller", "Jürgen", _MALE, 9.7, "43.2"),
    ("Tanaka", "Haruto", _MALE, 10.9, "39.3"),
    ("Ó Súilleabháin", "Róisín", _FEMALE, 11.3, "46.7"),
    ("Wolfeschlegelsteinhausenbergerdorff", "Maximiliana Konstanze Wilhelmine", _FEMALE, 11.5, "42.0"),
    ("כהן", "נועה", _FEMALE, 12.1, "60.4"),
    ("Andriamanitrarivo", "Hery", _MALE, 12.7, "37.0"),
    ("Petrović", "Ana", _FEMALE, 13.0, "43.0"),
    ("Brown", "Keisha", _FEMALE, 13.4, "76.0"),
    ("Jansen", "Daan", _MALE, 13.7, "35.5"),
    ("Szabó", "Bence", _MALE, 14.0, "54.1"),
    ("Singh", "Harpreet", _FEMALE, 14.4, "51.0"),
    ("Dubois", "Théo", _MALE, 14.8, "49.0"),
    ("Abebe", "Selam", _FEMALE, 15.5, "61.3"),
    ("Rossi", "Matteo", _MALE, 16.1, "57.0"),
    ("ბერიძე", "ნინო", _FEMALE, 16.7, None),
    ("Novák", "Jiří", _MALE, 17.7, "97.8"),
    ("Adeyemi", "Tunde", _MALE, 18.4, "103.4"),
    ("Nakashima", "Sora", _MALE, 20.2, "62.5"),
)
_FIRST_MRN = 4170026110


def _child(place: int, row: tuple[str, str, Sex, float, str | None]) -> Child:
    family_name, given_name, sex, age, kg = row
    # twins and namesakes get numbers that are easily taken for each other, as in life
    mrn = str(_FIRST_MRN + 37 * (place // 2) + 9 * (place % 2))
    return Child(mrn, family_name, given_name, sex, age, Decimal(kg) if kg else None)


CHILDREN = tuple(_child(place, row) for place, row in enumerate(_TABLE))
