"""What was said, by whom, in what state. Fields and constraints only; what changes them is in `actions.py`.

Columns that end in `sealed` hold envelopes of the vault. Nothing else in these tables holds a visitor's words,
number, name or address, and nothing may be added that does.
"""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from chatline.conversations.states import (
    Contact,
    DeliveryState,
    GrantKind,
    GrantState,
    HoldReason,
    Kind,
    MediaState,
    Medium,
    NoteKind,
    RiskAsked,
    RiskQuestion,
    RiskReply,
    Sender,
    State,
    Thing,
)

FEELINGS = (1, 7)
"""From not upset at all to as upset as can be: the scale on which text lines ask before and after."""


def choices(states: type) -> list[tuple[str, str]]:
    return [(str(state), str(state)) for state in states]  # type: ignore[attr-defined]  # every caller gives a StrEnum


class Epoch(models.Model):
    """The key of a month, wrapped under a root key; it wraps the keys that were made in that month.

    Destroyed ones keep their row, without the key. A month has a second one where its first was `replaced_at`
    (`rotation.py`). Ordinary backups leave this table out, as they do the next.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    month = models.DateField()
    wrapped = models.BinaryField(null=True)
    made_at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True)
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["month"], condition=Q(replaced_at=None, destroyed_at=None), name="one_epoch_a_month"
            ),
            models.CheckConstraint(
                condition=Q(wrapped=None, destroyed_at__isnull=False)
                | Q(wrapped__isnull=False, destroyed_at=None),
                name="destroyed_epoch_has_no_key",
            ),
        ]


class Key(models.Model):
    """A wrapped key, of a conversation (its words) or of a visitor (their number).

    No foreign key to them on purpose: ordinary backups leave this table out, and destroying a row is forgetting.
    `epoch` is the month under whose key it is wrapped; without one it is from before there were months, and lies
    directly under a root key until `rotatekeys` has moved it.
    """

    owner = models.UUIDField(primary_key=True)
    epoch = models.ForeignKey(Epoch, models.PROTECT, null=True, related_name="keys")
    wrapped = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)


class Visitor(models.Model):
    """The anonymous person. By text: found by `fingerprint`. By web: found by the hash of their tab's token.

    `number_sealed` is under the visitor's own key, which is destroyed sooner than the words are. `reached_from` is
    the number of ours that they texted, so that they are answered from it. `start_hash` is of what their page was given
    to start one visitor with, and no second one.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    line = models.ForeignKey("lines.Line", models.PROTECT)
    medium = models.CharField(max_length=4, choices=choices(Medium))
    handle = models.CharField(max_length=40)
    fingerprint = models.BinaryField(null=True)
    number_sealed = models.BinaryField(null=True)
    reached_from = models.CharField(max_length=20, blank=True)
    token_hash = models.BinaryField(null=True, unique=True)
    token_dead_at = models.DateTimeField(null=True)
    start_hash = models.BinaryField(null=True, unique=True)
    language = models.CharField(max_length=10, default="en")
    stopped_at = models.DateTimeField(null=True)
    welcomed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["line", "fingerprint"], name="visitor_fingerprint_once"),
        ]


class Presence(models.Model):
    """When a page of this visitor was last open. A table of its own, because nothing that is locked may wait for it."""

    visitor = models.OneToOneField(Visitor, models.CASCADE, primary_key=True, related_name="presence")
    at = models.DateTimeField()


class Conversation(models.Model):
    """One stretch of talk. Its row is the lock for everything said and changed in it.

    `version` rises with every change anyone may see; `last_seq` is the number of the last thing said. `tier` and
    `rank_at` are the stored queue order (`routing/queue.py`). `open_flags` is kept by the flag verbs. `told_at` is
    when the line last said something by itself, `told_waiting` how often it told them that they still wait, `asked_at`
    when it asked whether they are still there (`routing/patience.py`). `left_fast` is true if they left by the button
    that shows nothing more, `avoids` the volunteer from whom they asked for somebody else. `feeling_before` and
    `feeling_after` are how upset they said they were, from 1 to 7, if they liked to. `reserved` ones may only be taken
    by supervisors. `evidence` is what the risk screen keeps of the whole talk (`routing/risk/talk.py`), without words.
    `guide_version` is the version at which what staff note beside the talk last changed (`guide.py`).
    `risk_asked` is whether anybody asked about suicide, kept for the counts when the answers are forgotten. `taken_at`
    is since when its volunteer has it. For the readers' sake it repeats who watches (`watchers`, a list of `{"staff",
    "name", "joined"}`), the name of the colleague to whom it is offered and until when, the kind of help that was asked
    for and the name of the supervisor who comes (`holding.py` ends both), and the name of the supervisor who gave it to
    its volunteer, where they did not take it themselves.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    line = models.ForeignKey("lines.Line", models.PROTECT)
    visitor = models.ForeignKey(Visitor, models.PROTECT, related_name="conversations")
    medium = models.CharField(max_length=4, choices=choices(Medium))
    kind = models.CharField(max_length=8, choices=choices(Kind), default=Kind.REAL)
    language = models.CharField(max_length=10, default="en")
    site = models.ForeignKey("lines.Site", models.SET_NULL, null=True)
    previous = models.ForeignKey("self", models.SET_NULL, null=True, related_name="next")

    state = models.CharField(max_length=8, choices=choices(State), default=State.WAITING)
    volunteer = models.ForeignKey("people.Staff", models.PROTECT, null=True, related_name="conversations")
    version = models.BigIntegerField(default=0)
    last_seq = models.IntegerField(default=0)
    level = models.PositiveSmallIntegerField(default=0)
    open_flags = models.PositiveSmallIntegerField(default=0)
    unscreened = models.BooleanField(default=False)
    evidence = models.JSONField(default=dict)
    blocked = models.BooleanField(default=False)
    tier = models.PositiveSmallIntegerField(default=2)
    rank_at = models.DateTimeField()

    opened_at = models.DateTimeField()
    waiting_since = models.DateTimeField()
    first_taken_at = models.DateTimeField(null=True)
    first_answer_at = models.DateTimeField(null=True)
    last_visitor_at = models.DateTimeField(null=True)
    last_answer_at = models.DateTimeField(null=True)
    visitor_left_at = models.DateTimeField(null=True)
    left_fast = models.BooleanField(default=False)
    avoids = models.ForeignKey("people.Staff", models.SET_NULL, null=True, related_name="+")
    feeling_before = models.PositiveSmallIntegerField(null=True)
    feeling_after = models.PositiveSmallIntegerField(null=True)
    reserved = models.BooleanField(default=False)
    guide_version = models.BigIntegerField(default=0)
    risk_asked = models.CharField(max_length=15, choices=choices(RiskAsked), blank=True)
    taken_at = models.DateTimeField(null=True)
    watchers = models.JSONField(default=list)
    offered_to = models.CharField(max_length=40, blank=True)
    offered_until = models.DateTimeField(null=True)
    help = models.CharField(max_length=10, blank=True)
    given_by = models.CharField(max_length=40, blank=True)
    help_by = models.CharField(max_length=40, blank=True)
    erase_asked_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)
    closing_at = models.DateTimeField(null=True)
    closing_reason = models.CharField(max_length=40, blank=True)
    closed_at = models.DateTimeField(null=True)
    close_reason = models.CharField(max_length=40, blank=True)

    told_at = models.DateTimeField(null=True)
    told_waiting = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(state=State.CLOSED) | Q(open_flags=0), name="closed_has_no_open_flag"
            ),
            models.CheckConstraint(
                condition=Q(state=State.ACTIVE, volunteer__isnull=False)
                | Q(state=State.WAITING, volunteer=None)
                | Q(state=State.CLOSED),
                name="active_has_one_owner",
            ),
            models.UniqueConstraint(
                fields=["visitor"], condition=~Q(state=State.CLOSED), name="one_open_conversation"
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{name: None}) | Q(**{f"{name}__range": FEELINGS}), name=f"{name}_on_scale"
                )
                for name in ("feeling_before", "feeling_after")
            ),
        ]
        indexes: ClassVar = [
            # routing.queue.take and the board: the next to be taken.
            models.Index(
                fields=["line", "tier", "rank_at"],
                condition=Q(state=State.WAITING),
                name="conversation_queue",
            ),
            # routing.dispatcher: closes that are due.
            models.Index(
                fields=["closing_at"], condition=Q(closing_at__isnull=False), name="conversation_closing"
            ),
            # conversations.retention: words that are due to be forgotten.
            models.Index(fields=["state", "closed_at"], name="conversation_closed"),
            # routing.reports: who came to a line in a span of days.
            models.Index(fields=["line", "opened_at"], name="conversation_opened"),
        ]


class Message(models.Model):
    """One thing said. `key` is the sender's own id for it, so that saying it again stores nothing.

    `level`, `reasons`, `probability` and `screen` (its version) are the assessment of the risk screen; `reasons` holds
    lists of template id, start, end, level, category and subject: offsets into the words, never words. `media` is how
    many pictures and the like came with it. `delivery`, `fault` and `resend` repeat for the readers' sake what became
    of its deliveries: their state, the reason if they failed (a `states.Fault`), and whether a volunteer may send it
    once more.
    """

    conversation = models.ForeignKey(Conversation, models.PROTECT, related_name="messages")
    seq = models.IntegerField()
    version = models.BigIntegerField()
    sender_kind = models.CharField(max_length=10, choices=choices(Sender))
    sender = models.UUIDField(null=True)
    name = models.CharField(max_length=40, blank=True)
    key = models.CharField(max_length=64, null=True)  # noqa: DJ001  # unique where there is one
    purpose = models.CharField(max_length=30, blank=True)
    text_sealed = models.BinaryField()
    at = models.DateTimeField()
    level = models.PositiveSmallIntegerField(default=0)
    reasons = models.JSONField(default=list)
    probability = models.FloatField(null=True)
    screen = models.CharField(max_length=40, blank=True)
    media = models.PositiveSmallIntegerField(default=0)
    delivery = models.CharField(max_length=11, blank=True)
    fault = models.CharField(max_length=20, blank=True)
    resend = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["conversation", "seq"], name="message_seq_once"),
            models.UniqueConstraint(fields=["sender", "key"], name="message_key_once"),
        ]
        indexes: ClassVar = [
            # conversations.reads: what changed since a cursor.
            models.Index(fields=["conversation", "version"], name="message_changed"),
        ]


class Media(models.Model):
    """A picture or the like that came with a message: fetched from the provider by a worker, sealed, then shown.

    `kind` is its content type: as the provider says until it is kept, then as its first bytes say. The address at the
    provider and the content are sealed under the conversation's key.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    message = models.ForeignKey(Message, models.CASCADE, related_name="attachments")
    place = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=60)
    state = models.CharField(max_length=8, choices=choices(MediaState), default=MediaState.WAITING)
    address_sealed = models.BinaryField(null=True)
    data_sealed = models.BinaryField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["message", "place"], name="media_once"),
        ]
        indexes: ClassVar = [
            # sms.media: what is still to be fetched.
            models.Index(fields=["not_before"], condition=Q(state="waiting"), name="media_waiting"),
        ]


class Delivery(models.Model):
    """One text on its way to a phone. `oid` is our id in the provider's callback URL.

    `message` is null for the answers to carrier keywords, whose words are those of `purpose`; `part` counts from 1
    where a message is too long for one text (`parts.py`). `again_of` is the one that this repeats because a volunteer
    asked for it, which they may while that one is `repeatable`. Until `holds_until` later texts to the same person wait
    for what becomes of this one. An unknown one is looked for at the provider (`unknown_at`, `checks`, `checked_at`)
    until it is found or `settled_at`.
    """

    oid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    visitor = models.ForeignKey(Visitor, models.PROTECT, related_name="deliveries")
    message = models.ForeignKey(Message, models.PROTECT, null=True, related_name="deliveries")
    part = models.PositiveSmallIntegerField(default=1)
    purpose = models.CharField(max_length=30)
    state = models.CharField(max_length=11, choices=choices(DeliveryState), default=DeliveryState.READY)
    provider_id = models.CharField(max_length=40, null=True, unique=True)  # noqa: DJ001  # none until accepted
    error_code = models.IntegerField(null=True)
    fault = models.CharField(max_length=20, blank=True)
    repeatable = models.BooleanField(default=False)
    again_of = models.OneToOneField("self", models.SET_NULL, null=True, related_name="again")
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField()
    posted_at = models.DateTimeField(null=True)
    holds_until = models.DateTimeField(null=True)
    unknown_at = models.DateTimeField(null=True)
    checks = models.PositiveSmallIntegerField(default=0)
    checked_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes: ClassVar = [
            # sms.courier: what may be sent now, and what was left half-sent.
            models.Index(
                fields=["not_before"], condition=Q(state__in=["ready", "posting"]), name="delivery_ready"
            ),
            # deliveries.claim: whether an earlier text to the same person is still under way.
            models.Index(
                fields=["visitor", "id"],
                condition=Q(state__in=["ready", "posting"]) | Q(holds_until__isnull=False),
                name="delivery_under_way",
            ),
            # sms.reconcile: what nobody knows the end of.
            models.Index(
                fields=["unknown_at"],
                condition=Q(state="unknown", settled_at=None),
                name="delivery_in_doubt",
            ),
            # routing.reports and the wallboard: what did not arrive, or may not have.
            models.Index(
                fields=["created_at"],
                condition=Q(state__in=["unknown", "undelivered", "failed", "rejected", "dropped"]),
                name="delivery_in_trouble",
            ),
        ]


class Offer(models.Model):
    """Who may take a waiting conversation before others, or accept an active one from its holder, and until when.

    `by` is the holder who passes it on, null where the line offers it to the volunteer of last time.
    """

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="offers")
    staff = models.ForeignKey("people.Staff", models.CASCADE, related_name="offers")
    by = models.UUIDField(null=True)
    reason = models.CharField(max_length=20)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["conversation"], condition=Q(ended_at=None), name="one_open_offer"
            ),
        ]


class Step(models.Model):
    """One entry of a conversation's log. Holds no words, and survives the key."""

    conversation = models.ForeignKey(Conversation, models.PROTECT, related_name="steps")
    at = models.DateTimeField()
    before = models.CharField(max_length=8, blank=True)
    after = models.CharField(max_length=8)
    actor = models.UUIDField(null=True)
    why = models.CharField(max_length=40)


class Note(models.Model):
    """What staff write beside the talk: staff read it, the visitor never does. Sealed under the conversation's key."""

    conversation = models.ForeignKey(Conversation, models.PROTECT, related_name="notes")
    version = models.BigIntegerField()
    author = models.UUIDField()
    name = models.CharField(max_length=40, blank=True)
    kind = models.CharField(max_length=10, choices=choices(NoteKind), default=NoteKind.NOTE)
    text_sealed = models.BinaryField()
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            # conversations.guide: what was noted since a cursor.
            models.Index(fields=["conversation", "version"], name="note_changed"),
        ]


class RiskAnswer(models.Model):
    """What the person answered to one question about suicide; the latest of a question stands. Goes with the key."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="risk_answers")
    question = models.CharField(max_length=10, choices=choices(RiskQuestion))
    answer = models.CharField(max_length=10, choices=choices(RiskReply))
    by = models.UUIDField()
    name = models.CharField(max_length=40)
    at = models.DateTimeField()


class Plan(models.Model):
    """A safety plan, made together. Its parts are sealed as one JSON object; `sent_seq` is the message it became."""

    conversation = models.OneToOneField(Conversation, models.CASCADE, primary_key=True, related_name="plan")
    parts_sealed = models.BinaryField()
    by = models.UUIDField()
    at = models.DateTimeField()
    sent_seq = models.IntegerField(null=True)


class WrapUp(models.Model):
    """What a volunteer says about a conversation when they close it; without words, so that it stays for the counts."""

    conversation = models.OneToOneField(
        Conversation, models.CASCADE, primary_key=True, related_name="wrap_up"
    )
    contact = models.CharField(max_length=10, choices=choices(Contact))
    topics = models.JSONField(default=list)
    trouble = models.BooleanField(default=False)
    by = models.UUIDField()
    at = models.DateTimeField()


class Watch(models.Model):
    """A supervisor has this conversation open; from `joined_at` on they may speak in it."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="watches")
    staff = models.ForeignKey("people.Staff", models.CASCADE, related_name="watches")
    since = models.DateTimeField()
    joined_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["conversation", "staff"], name="watch_once"),
        ]


class Receipt(models.Model):
    """A provider id that was seen. Survives erasure, so that a retry is still known."""

    provider_id = models.CharField(max_length=64, primary_key=True)
    conversation = models.UUIDField(null=True)
    seq = models.IntegerField(null=True)
    at = models.DateTimeField()


class Copy(models.Model):
    """A message that still lies at the provider and is to be deleted there, with whatever came with it.

    Written in the transaction that makes it dispensable there: what came in is stored, what went out is final.
    Deleted ones have no row.
    """

    provider_id = models.CharField(max_length=64, unique=True)
    since = models.DateTimeField()
    due_at = models.DateTimeField(db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)


class OptOut(models.Model):
    """Somebody said STOP. Outlives the visitor's row, so it has a fingerprint of its own."""

    line = models.ForeignKey("lines.Line", models.CASCADE)
    fingerprint = models.BinaryField()
    since = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["line", "fingerprint"], condition=Q(lifted_at=None), name="one_standing_opt_out"
            ),
        ]


class Block(models.Model):
    """Someone whose words are stored and screened, but not queued and not answered, until `expires_at`."""

    line = models.ForeignKey("lines.Line", models.CASCADE)
    fingerprint = models.BinaryField(null=True)
    visitor = models.ForeignKey(Visitor, models.CASCADE, null=True)
    reason = models.CharField(max_length=40)
    by = models.UUIDField()
    reviewed_by = models.UUIDField(null=True)
    since = models.DateTimeField()
    expires_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)


class Grant(models.Model):
    """One person may see one thing until `expires_at`, null while a second person has not decided.

    Nobody can approve it after `lapses_at`. `alone` if whoever asked approved it themselves because a life was in
    danger; then `seen_by` is who looked at that afterwards. `why_sealed` is what they wrote, under the conversation's
    key. A review is of a conversation of `volunteer`, and needs no second person.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    line = models.ForeignKey("lines.Line", models.PROTECT, related_name="grants")
    conversation = models.ForeignKey(Conversation, models.PROTECT, related_name="grants")
    volunteer = models.ForeignKey("people.Staff", models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=8, choices=choices(GrantKind))
    thing = models.CharField(max_length=8, choices=choices(Thing))
    reason = models.CharField(max_length=20)
    why_sealed = models.BinaryField(null=True)
    state = models.CharField(max_length=8, choices=choices(GrantState), default=GrantState.ASKED)
    asked_by = models.ForeignKey("people.Staff", models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    lapses_at = models.DateTimeField()
    approved_by = models.ForeignKey("people.Staff", models.PROTECT, null=True, related_name="+")
    alone = models.BooleanField(default=False)
    expires_at = models.DateTimeField(null=True)
    shown_at = models.DateTimeField(null=True)
    seen_by = models.ForeignKey("people.Staff", models.PROTECT, null=True, related_name="+")
    seen_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(state=GrantState.GRANTED)
                | Q(kind=GrantKind.REVIEW)
                | Q(alone=True)
                | Q(approved_by__isnull=False) & ~Q(approved_by=F("asked_by")),
                name="glass_needs_two",
            ),
            models.CheckConstraint(
                condition=~Q(state=GrantState.GRANTED) | Q(expires_at__isnull=False), name="grant_has_an_end"
            ),
        ]
        indexes: ClassVar = [
            # routing.grants: what was asked lately on a line.
            models.Index(fields=["line", "asked_at"], name="grant_asked"),
        ]


class Hold(models.Model):
    """A legal hold on a closed conversation (`holds.py`): asked for by one person, confirmed by another.

    `key_wrapped` is the conversation's key under the hold's own, which is a row of `Key`; `beside_sealed` what is not
    only sealed but removed when the words are forgotten. The row stays when it has ended, for the count.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(Conversation, models.PROTECT, related_name="holds")
    reason = models.CharField(max_length=12, choices=choices(HoldReason))
    reference = models.CharField(max_length=40)
    asked_by = models.UUIDField()
    asked_at = models.DateTimeField()
    confirmed_by = models.UUIDField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField()
    ended_by = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True)
    key_wrapped = models.BinaryField(null=True)
    beside_sealed = models.BinaryField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["conversation"], condition=Q(ended_at=None), name="one_hold_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("asked_by")), name="hold_by_two_people"
            ),
            models.CheckConstraint(
                condition=Q(key_wrapped=None) | Q(confirmed_by__isnull=False, ended_at=None),
                name="only_a_standing_hold_has_a_key",
            ),
        ]
