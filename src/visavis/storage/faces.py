"""Faces by token; templates and measures encrypted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from visavis.errors import AccountStateError, ParameterError
from visavis.service.accounts import AccountState
from visavis.service.ports import StoredFace
from visavis.storage.encryption import Purpose, Sealer
from visavis.storage.part import StoreContext, StorePart
from visavis.storage.tables import FACES

_TOKEN = re.compile(r"[0-9a-f]{32}")
_VECTOR_LIMIT_BYTES = 64 * 1024
_MEASURES_LIMIT = 64 * 1024
_UNMEASURED = "{}"
_NAME_LIMIT = 200
_PURGE_AT_ONCE = 500


class SqlFaceTokenStore(StorePart):
    """See `visavis.service.ports.FaceTokenStore`."""

    def __init__(self, context: StoreContext) -> None:
        super().__init__(context)
        self._templates = Sealer(context.secret_key, Purpose.TEMPLATE)
        self._measures = Sealer(context.secret_key, Purpose.MEASURES)
        new = context.database.insert(FACES).values({column.name: sa.bindparam(column.name) for column in FACES.c})
        self._put_face = new.on_conflict_do_update(
            index_elements=[FACES.c.account_id, FACES.c.token],
            set_={name: new.excluded[name] for name in ("model_id", "vector", "condition", "measures", "expires_at")},
        )

    def put_faces(self, faces: Sequence[StoredFace]) -> None:
        """See `visavis.service.ports.FaceTokenStore`. A face that another model made takes the place of the kept one.

        Raises:
            ParameterError: a field is out of its range.
            AccountStateError: the account has just been deleted.
        """
        for face in faces:
            _check(face)
        rows = [self._row(face) for face in faces]
        with self._database.writing() as connection:
            for face, row in zip(faces, rows, strict=True):
                if connection.execute(_put_off(face, row)).rowcount:
                    continue
                try:
                    connection.execute(self._put_face, row)
                except IntegrityError:
                    raise AccountStateError(AccountState.RECLAIMED) from None

    def get_face(self, account_id: str, token: str, now: float) -> StoredFace | None:
        """See `visavis.service.ports.FaceTokenStore`."""
        if not _TOKEN.fullmatch(token):
            return None
        with self._database.reading() as connection:
            row = connection.execute(_GET, {"account": account_id, "face": token, "now": now}).one_or_none()
        if row is None:
            return None
        return StoredFace(
            token,
            account_id,
            row.model_id,
            self._templates.open(row.vector, account_id, token, row.model_id),
            row.condition,
            self._measures.open(row.measures, account_id, token, row.model_id).decode(),
            row.expires_at,
        )

    def delete_face(self, account_id: str, token: str) -> bool:
        """See `visavis.service.ports.FaceTokenStore`."""
        if not _TOKEN.fullmatch(token):
            return False
        with self._database.writing() as connection:
            return connection.execute(_DELETE, {"account": account_id, "face": token}).rowcount == 1

    def purge_faces(self, now: float) -> int:
        """See `visavis.service.ports.FaceTokenStore`. In several transactions, so that no other has to wait long."""
        purged = 0
        while True:
            with self._database.writing() as connection:
                found = connection.execute(_EXPIRED, {"now": now}).all()
                for row in found:
                    purged += connection.execute(_DELETE, {"account": row.account_id, "face": row.token}).rowcount
            if len(found) < _PURGE_AT_ONCE:
                return purged

    def _row(self, face: StoredFace) -> dict[str, object]:
        where = (face.account_id, face.token, face.model_id)
        return {
            "account_id": face.account_id,
            "token": face.token,
            "model_id": face.model_id,
            "vector": self._templates.seal(face.vector, *where),
            "condition": face.condition,
            "measures": self._measures.seal(face.measures.encode(), *where),
            "expires_at": face.expires_at,
        }


def _check(face: StoredFace) -> None:
    if not _TOKEN.fullmatch(face.token):
        raise ParameterError("a face token has 32 lower-case hexadecimal digits")
    if not face.vector or len(face.vector) % 4 or len(face.vector) > _VECTOR_LIMIT_BYTES:
        raise ParameterError(
            f"a template has 4 to {_VECTOR_LIMIT_BYTES} bytes, 4 a number; this one {len(face.vector)}"
        )
    if len(face.measures) > _MEASURES_LIMIT:
        raise ParameterError(f"measures have at most {_MEASURES_LIMIT} characters; these have {len(face.measures)}")
    for name, text in (("model id", face.model_id), ("condition", face.condition)):
        if not 0 < len(text) <= _NAME_LIMIT or not text.isprintable():
            raise ParameterError(f"a {name} has 1 to {_NAME_LIMIT} printable characters")


def _put_off(face: StoredFace, row: Mapping[str, object]) -> sa.Update:
    """Never forward: the token was promised for as long as it was promised. What is measured by now is added."""
    kept = sa.update(FACES).where(
        FACES.c.account_id == face.account_id, FACES.c.token == face.token, FACES.c.model_id == face.model_id
    )
    if face.measures != _UNMEASURED:
        kept = kept.values(measures=row["measures"])
    if face.expires_at is None:
        return kept.values(expires_at=sa.null())
    is_sooner = FACES.c.expires_at < face.expires_at
    return kept.values(expires_at=sa.case((is_sooner, face.expires_at), else_=FACES.c.expires_at))


_THIS = sa.and_(FACES.c.account_id == sa.bindparam("account"), FACES.c.token == sa.bindparam("face"))
_GET = sa.select(FACES).where(
    _THIS, sa.or_(FACES.c.expires_at.is_(None), FACES.c.expires_at > sa.bindparam("now", type_=sa.Double))
)
_DELETE = sa.delete(FACES).where(_THIS)
# A face whose expiry is being put off is left to whoever does so.
_EXPIRED = (
    sa.select(FACES.c.account_id, FACES.c.token)
    .where(FACES.c.expires_at <= sa.bindparam("now"))
    .order_by(FACES.c.expires_at)
    .limit(_PURGE_AT_ONCE)
    .with_for_update(skip_locked=True)
)
