"""References to the Ordnance Survey's National Grid as latitude and longitude.

Formulae and constants: Ordnance Survey, "A guide to coordinate systems in Great Britain" (2020),
annexes B and C; the seven-parameter shift is right to some five metres.
"""

from __future__ import annotations

from math import atan2, cos, degrees, hypot, radians, sin, sqrt, tan

_A, _B = 6_377_563.396, 6_356_256.909  # Airy 1830, metres
_F0 = 0.9996012717
_PHI0, _LAMBDA0 = radians(49), radians(-2)
_N0, _E0 = -100_000.0, 400_000.0
_WGS84_A, _WGS84_E2 = 6_378_137.0, 0.0066943799901
_LETTERS = "ABCDEFGHJKLMNOPQRSTUVWXYZ"  # no I
_SQUARES_WORDS = (
    "HP HT HU HW HX HY HZ NA NB NC ND NF NG NH NJ NK NL NM NN NO NR NS NT NU NW NX NY NZ "
    "OV SC SD SE SH SJ SK SM SN SO SP SR SS ST SU SV SW SX SY SZ TA TF TG TL TM TQ TR TV"
)
SQUARES = frozenset(_SQUARES_WORDS.split())


def grid_to_degrees(square: str, digits: str) -> tuple[float, float]:
    """Latitude and longitude (WGS 84) of the middle of the square of metres that is named.

    `square` is one of `SQUARES`, `digits` an even number of them.
    """
    half = len(digits) // 2
    step = 10.0 ** (5 - half)
    first, second = (_LETTERS.index(letter) for letter in square)
    east = ((first - 2) % 5) * 500_000 + (second % 5) * 100_000 + step / 2
    north = (19 - first // 5 * 5 - second // 5) * 100_000 + step / 2
    east += int(digits[:half]) * step
    north += int(digits[half:]) * step
    return _shifted(*_airy(east, north))


def _airy(east: float, north: float) -> tuple[float, float]:
    """Latitude and longitude on the Airy ellipsoid, in radians (annex C.2)."""
    phi, e2 = _PHI0, 1 - (_B / _A) ** 2
    while True:
        phi += (north - _N0 - _meridian(phi)) / (_A * _F0)
        if abs(north - _N0 - _meridian(phi)) < 1e-5:
            break
    nu = _A * _F0 / sqrt(1 - e2 * sin(phi) ** 2)
    rho = _A * _F0 * (1 - e2) / (1 - e2 * sin(phi) ** 2) ** 1.5
    eta2, t, sec, d = nu / rho - 1, tan(phi), 1 / cos(phi), east - _E0
    latitude = (
        phi
        - d**2 * t / (2 * rho * nu)
        + d**4 * t / (24 * rho * nu**3) * (5 + 3 * t**2 + eta2 - 9 * t**2 * eta2)
        - d**6 * t / (720 * rho * nu**5) * (61 + 90 * t**2 + 45 * t**4)
    )
    longitude = (
        _LAMBDA0
        + d * sec / nu
        - d**3 * sec / (6 * nu**3) * (nu / rho + 2 * t**2)
        + d**5 * sec / (120 * nu**5) * (5 + 28 * t**2 + 24 * t**4)
        - d**7 * sec / (5040 * nu**7) * (61 + 662 * t**2 + 1320 * t**4 + 720 * t**6)
    )
    return latitude, longitude


def _meridian(phi: float) -> float:
    n = (_A - _B) / (_A + _B)
    less, more = phi - _PHI0, phi + _PHI0
    return (
        _B
        * _F0
        * (
            (1 + n + 1.25 * n**2 + 1.25 * n**3) * less
            - (3 * n + 3 * n**2 + 21 / 8 * n**3) * sin(less) * cos(more)
            + 15 / 8 * (n**2 + n**3) * sin(2 * less) * cos(2 * more)
            - 35 / 24 * n**3 * sin(3 * less) * cos(3 * more)
        )
    )


def _shifted(phi: float, lam: float) -> tuple[float, float]:
    """From OSGB36 to WGS 84 by a Helmert transformation (section 6.6), in degrees."""
    e2 = 1 - (_B / _A) ** 2
    nu = _A / sqrt(1 - e2 * sin(phi) ** 2)
    x, y, z = nu * cos(phi) * cos(lam), nu * cos(phi) * sin(lam), (1 - e2) * nu * sin(phi)
    scale = 1 - 20.4894e-6
    rx, ry, rz = (radians(seconds / 3600) for seconds in (0.1502, 0.2470, 0.8421))
    x2 = 446.448 + scale * x - rz * y + ry * z
    y2 = -125.157 + rz * x + scale * y - rx * z
    z2 = 542.060 - ry * x + rx * y + scale * z
    flat = hypot(x2, y2)
    latitude = atan2(z2, flat * (1 - _WGS84_E2))
    for _ in range(6):
        nu = _WGS84_A / sqrt(1 - _WGS84_E2 * sin(latitude) ** 2)
        latitude = atan2(z2 + _WGS84_E2 * nu * sin(latitude), flat)
    return degrees(latitude), degrees(atan2(y2, x2))
