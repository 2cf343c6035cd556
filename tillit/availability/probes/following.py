"""Incidents that probes open, before any person has written, and close again if no person took them over."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from tillit.availability.actions.incidents import Found, Said, open_incident, resolve_incident, update_incident
from tillit.availability.models import A_FEW_SECONDS, Component, Incident, MaintenanceWindow
from tillit.availability.probes.queries import measured_wave
from tillit.availability.probes.watching import Board, Verdict
from tillit.availability.words import in_every_language
from tillit.foundation.access import Actor
from tillit.foundation.texts import pick

TOGETHER = timedelta(minutes=10)  # what begins to fail within is one incident
MANY = 3  # parts that fail make it critical
IMPACTS = {"major_outage": Incident.Impact.MAJOR}
MOST_TIMES_OVER = 6


class Follower:
    """Follows the parts on a board, sample by sample."""

    def __init__(self, actor: Actor, board: Board) -> None:
        self.actor = actor
        self.board = board
        self.open = list(Incident.objects.unresolved().prefetch_related("components"))

    def follow(self, component: Component, at: datetime) -> None:
        verdict = self.board.verdict(component, at)
        if verdict.failing:
            self._fails(component, verdict, at)
        elif verdict.state and (mine := self._of_probes(component)):
            self._recovers(mine, at)

    def _fails(self, component: Component, verdict: Verdict, at: datetime) -> None:
        """Open an incident, join the one that has just begun, or say that it is back; unless it was announced."""
        since = verdict.since or at
        touching = [one for one in self.open if component in one.components.all()]
        if not touching and not is_announced(component, verdict, at):
            self._open(component, verdict, since)
        mine = self._of_probes(component)
        if mine and mine.status == Incident.Status.MONITORING:
            body = in_every_language(lambda: _("Our probes fail again."))
            self._say(mine, Said(body, Incident.Status.INVESTIGATING))

    def _open(self, component: Component, verdict: Verdict, since: datetime) -> None:
        body = in_every_language(
            lambda: (
                _("Our probes fail at this part since %(clock)s UTC: %(part)s.")
                % {"clock": f"{since:%H:%M}", "part": pick(component.name)[0]}
            )
        )
        if begun := self._just_begun(since):
            many = len(begun.components.all()) + 1 >= MANY
            impact = Incident.Impact.CRITICAL if many else ""
            self._say(begun, Said(body, Incident.Status.INVESTIGATING, also=[component], impact=impact))
            return
        title = in_every_language(lambda: _("%(part)s does not answer") % {"part": pick(component.name)[0]})
        open_incident(
            self.actor,
            title=title,
            impact=IMPACTS.get(verdict.state, Incident.Impact.MINOR),
            said=Said(body, also=[component]),
            found=Found(Incident.Source.PROBE, since, verdict.region),
        )
        self._look()

    def _recovers(self, incident: Incident, at: datetime) -> None:
        """Watch it once every part is proven again, and end it after some time; after every relapse, after longer."""
        verdicts = [self.board.verdict(component, at) for component in incident.components.all()]
        if any(verdict.state != Component.State.OPERATIONAL for verdict in verdicts):
            return
        if incident.status != Incident.Status.MONITORING:
            body = in_every_language(lambda: _("Our probes succeed again. We keep watching."))
            self._say(incident, Said(body, Incident.Status.MONITORING))
            return
        relapses = incident.updates.filter(status=Incident.Status.MONITORING).count()
        if min(verdict.settled for verdict in verdicts) >= min(relapses, MOST_TIMES_OVER):
            resolve_incident(self.actor, incident=incident, body=in_every_language(lambda: _("It has held.")))
            self._look()

    def _say(self, incident: Incident, said: Said) -> None:
        update_incident(self.actor, incident=incident, said=said)
        self._look()

    def _of_probes(self, component: Component) -> Incident | None:
        """The open incident of the probes about this part, while no person has taken it over."""
        return next((one for one in self.open if _is_the_probes(one) and component in one.components.all()), None)

    def _just_begun(self, since: datetime) -> Incident | None:
        mine = [one for one in self.open if _is_the_probes(one)]
        return next((one for one in mine if one.detected_at and abs(since - one.detected_at) < TOGETHER), None)

    def _look(self) -> None:
        self.open = list(Incident.objects.unresolved().prefetch_related("components"))


def is_announced(component: Component, verdict: Verdict, at: datetime) -> bool:
    """Whether a window that is under way explains every failure: its effect, or its seconds, for as long as it said."""
    windows = MaintenanceWindow.objects.standing().filter(
        starts_at__lte=at, ends_at__gt=at, announced_at__lte=at, completed_at=None
    )
    return any(
        _explains(window, verdict, at)
        for window in windows
        if not window.components or component.slug in window.components
    )


def _explains(window: MaintenanceWindow, verdict: Verdict, at: datetime) -> bool:
    if window.wave not in ("", measured_wave()) or window.region not in ("", verdict.region):
        return False
    if window.effect == "seconds":
        most = timedelta(seconds=window.most_seconds or A_FEW_SECONDS)
        return at - (verdict.since or at) <= most
    return all(window.effect in probe.explained_by for probe in verdict.failing)


def _is_the_probes(incident: Incident) -> bool:
    return incident.source == Incident.Source.PROBE and incident.posted_at is None and incident.taken_by_id is None
