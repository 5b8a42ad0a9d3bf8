"""The demonstration's agency: a pilot with the teams of three cities."""

from dataclasses import dataclass

AGENCY = "Tri-City Body Camera Pilot"


@dataclass(frozen=True, slots=True)
class Person:
    """Badge, name, roles and team."""

    badge: str
    name: str
    roles: tuple[str, ...]
    unit: str


@dataclass(frozen=True, slots=True)
class Camera:
    """Serial number, model, where it is worn, and whose it is."""

    serial: str
    model: str
    mount: str
    badge: str


PEOPLE = (
    Person("4101", "Dana Reyes", ("officer",), "Harbor City"),
    Person("4102", "Luis Ortega", ("officer",), "Harbor City"),
    Person("4203", "Mei Tanaka", ("officer",), "Millfield"),
    Person("4204", "Sam Okafor", ("officer",), "Millfield"),
    Person("4305", "Ruth Lindqvist", ("officer",), "Northgate"),
    Person("4306", "Amir Haddad", ("officer",), "Northgate"),
    Person("5001", "Grace Whitfield", ("supervisor",), "Harbor City"),
    Person("6001", "Tom Becker", ("evidence custodian",), "Evidence"),
    Person("6100", "Ines Duarte", ("redactor",), "Records"),
    Person("6200", "Carol Njoroge", ("release approver",), "Records"),
    Person("7001", "Noah Feldman", ("auditor",), "Oversight"),
    Person("9001", "Priya Raman", ("administrator",), "Systems"),
)

CAMERAS = (
    Camera("VB-1041", "Demo Vest Camera", "vest", "4101"),
    Camera("VB-1042", "Demo Vest Camera", "vest", "4102"),
    Camera("SB-2107", "Demo Shirt Camera", "shirt", "4203"),
    Camera("SB-2108", "Demo Shirt Camera", "shirt", "4204"),
    Camera("HB-3310", "Demo Helmet Camera", "helmet", "4305"),
    Camera("HB-3311", "Demo Helmet Camera", "helmet", "4306"),
)
