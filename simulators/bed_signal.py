"""What a bed's sensor feels: heartbeats, breathing, movement and noise, as counts, with the truth.

A ballistocardiogram is the recoil of the body to the blood that the heart throws. Each beat is a
train of waves named H to N, of which I, J and K are the large ones; their delays, sizes and widths
differ from person to person, and their sign with the sensor's place (Starr et al., Am. J. Physiol.
127, 1939, 1; Inan et al., IEEE J. Biomed. Health Inform. 19, 2015, 1414). Breathing lifts the same
sensor several times as far, shortens the beats while it draws in (sinus arrhythmia) and makes them
larger and smaller. This is no recording of anybody: it has a known rate, and the difficulties that
matter, in a strength that was chosen.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
_Signal = NDArray[np.float64]

_WAVES = np.array(
    [  # delay in s, size, width in s: H, I, J, K, L, M, N
        (0.06, 0.25, 0.022),
        (0.12, -0.6, 0.026),
        (0.19, 1.0, 0.030),
        (0.27, -0.75, 0.030),
        (0.36, 0.4, 0.034),
        (0.45, -0.25, 0.036),
        (0.54, 0.15, 0.040),
    ]
)
_BEAT_S = 0.8
_BAND_HZ = 25.0
"""The signal-to-noise ratio is that of the power of beats to the power of noise below this."""


@dataclass(frozen=True, slots=True)
class Sensor:
    """``rate`` in values a second; ``gain`` in counts for the J wave of a beat."""

    rate: float = 100.0
    gain: float = 60.0
    offset: float = 2048.0
    bits: int = 12
    snr_db: float = 12.0


@dataclass(frozen=True, slots=True)
class Person:
    """How somebody's heart and breath show in a bed.

    ``waves``       delay, size and width of the waves of a beat, (7, 3)
    ``arrhythmia``  how much breathing in shortens the beats, as a share
    ``jitter``      other beat-to-beat variation, standard deviation as a share
    ``breath``      size of breathing, in J waves
    ``harmonic``    how far a breath is from a sine: share of the second harmonic
    ``snores``      size of snoring while breathing in, in J waves
    """

    waves: NDArray[np.float64]
    arrhythmia: float = 0.02
    jitter: float = 0.015
    breath: float = 4.0
    harmonic: float = 0.2
    snores: float = 0.0

    @staticmethod
    def of(random: np.random.Generator) -> "Person":
        """Somebody of their own."""
        spread = np.array([0.15, 0.25, 0.2]) * random.standard_normal(_WAVES.shape)
        waves = _WAVES * (1 + np.clip(spread, -0.5, 0.5)) * (1, random.choice((-1, 1)), 1)
        return Person(
            waves,
            random.uniform(0.005, 0.04),
            random.uniform(0.005, 0.025),
            random.uniform(1.5, 8.0),
            random.uniform(0.05, 0.35),
            random.choice((0.0, 0.0, 0.6)),
        )


class BedSignal:
    """The signal of one person in one bed, piece after piece.

    ``heart_phase`` and ``breath_phase`` count beats and breaths so far, in parts: the true rate of
    a span is their growth over it.
    """

    def __init__(self, sensor: Sensor, person: Person, random: np.random.Generator) -> None:
        self.sensor = sensor
        self.person = person
        self.heart_phase = float(random.random())
        self.breath_phase = float(random.random())
        self._random = random
        self._tail: _Signal = np.zeros(math.ceil(_BEAT_S * sensor.rate))
        self._stretch = 1.0
        self._deep = 1.0
        self._lean = 0.0
        self._noise = _power(person.waves) * 10 ** (-sensor.snr_db / 10)

    def piece(
        self,
        count: int,
        heart_rate: float | None,
        respiration_rate: float | None,
        movement: float = 0.0,
    ) -> Counts:
        """The next ``count`` values, rounded and cut off as the sensor's converter does.

        Rates are per minute and hold for the piece; None is an empty bed (both) or no breath.
        ``movement`` from 0 to 1 is the strength of stirring in this piece.
        """
        breath, depth = self._breathe(count, respiration_rate, heart_rate is not None)
        felt = self._noisy(count) + breath + self._beat(count, heart_rate, depth)
        if movement > 0:
            felt += self._stir(count, movement)
        sensor = self.sensor
        raw = np.round(sensor.offset + sensor.gain * (felt + self._lean))
        return np.clip(raw, 0, 2**sensor.bits - 1).astype(np.int64)

    def _breathe(self, count: int, rate: float | None, somebody: bool) -> tuple[_Signal, _Signal]:
        """How far breathing lifts the sensor, and where in the breath each value is (-1 to 1)."""
        person, pace = self.person, 0.0 if rate is None else rate / 60 / self.sensor.rate
        phase = self.breath_phase + pace * np.arange(1, count + 1)
        if math.floor(self.breath_phase) != math.floor(phase[-1]):
            self._deep = float(np.clip(1 + 0.15 * self._random.standard_normal(), 0.5, 1.5))
        self.breath_phase = float(phase[-1])
        angle = 2 * math.pi * phase
        depth = np.sin(angle)
        if not somebody:
            return np.zeros(count), depth
        lift = person.breath * self._deep * (depth + person.harmonic * np.sin(2 * angle + 1))
        if person.snores and pace:
            lift += person.snores * np.clip(depth, 0, 1) * self._random.standard_normal(count)
        return lift, depth

    def _beat(self, count: int, rate: float | None, depth: _Signal) -> _Signal:
        felt = np.concatenate((self._tail, np.zeros(count)))
        pace = 0.0 if rate is None else rate / 60 / self.sensor.rate
        steps = pace * self._stretch * (1 + self.person.arrhythmia * depth)
        phase = self.heart_phase + np.cumsum(steps)
        beats = np.flatnonzero(np.diff(np.floor(phase), prepend=math.floor(self.heart_phase)))
        for place in beats.tolist():
            late = (phase[place] - math.floor(phase[place])) / steps[place]
            size = 1 + 0.2 * depth[place] + 0.08 * self._random.standard_normal()
            felt[place : place + len(self._tail)] += size * self._waves(late / self.sensor.rate)
            self._stretch = 1 + self.person.jitter * float(self._random.standard_normal())
        self.heart_phase = float(phase[-1])
        self._tail = felt[count:]
        return felt[:count]

    def _waves(self, late_s: float) -> _Signal:
        """One beat that began ``late_s`` before the first value."""
        t = np.arange(len(self._tail)) / self.sensor.rate + late_s
        return _shape(self.person.waves, t)

    def _stir(self, count: int, strength: float) -> _Signal:
        """Limbs and trunk: slow noise, tens of times a beat; afterwards the body lies elsewhere."""
        self._lean += 4 * strength * float(self._random.standard_normal())
        rough = np.convolve(self._random.standard_normal(count), np.ones(5) / 5, "same")
        return 60 * strength * rough

    def _noisy(self, count: int) -> _Signal:
        sigma = math.sqrt(self._noise * self.sensor.rate / 2 / _BAND_HZ)
        return sigma * self._random.standard_normal(count)


def _shape(waves: NDArray[np.float64], t: _Signal) -> _Signal:
    delay, size, width = waves.T[:, :, None]
    beat: _Signal = (size * np.exp(-0.5 * ((t - delay) / width) ** 2)).sum(axis=0)
    return beat


def _power(waves: NDArray[np.float64]) -> float:
    """Mean square of beats that follow one another once a second."""
    t = np.arange(0, _BEAT_S, 0.001)
    return float((_shape(waves, t) ** 2).sum() * 0.001)
