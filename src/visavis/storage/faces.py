"""Faces by token; templates and findings encrypted."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

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
_FINDINGS_LIMIT = 64 * 1024
_NOTHING = "{}"
_NAME_LIMIT = 200
_PURGE_AT_ONCE = 500


class SqlFaceTokenStore(StorePart):
    """See `visavis.service.ports.FaceTokenStore`."""

    def __init__(self, context: StoreContext) -> None:
        super().__init__(context)
        self._templates = Sealer(context.secret_key, Purpose.TEMPLATE)
        self._findings = Sealer(context.secret_key, Purpose.MEASURES)
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
                if connection.execute(_put_off(face, self._joined(connection, face))).rowcount:
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
            self._findings.open(row.measures, account_id, token, row.model_id).decode(),
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

    def _joined(self, connection: sa.Connection, face: StoredFace) -> bytes | None:
        """What was found out before and now, sealed; None where nothing was found out now, or nothing is kept yet."""
        where = (face.account_id, face.token, face.model_id)
        if face.findings == _NOTHING:
            return None
        sealed = connection.execute(_KEPT, dict(zip(("account", "face", "model"), where, strict=True))).scalar()
        if sealed is None:
            return None
        before = json.loads(self._findings.open(sealed, *where))
        return self._findings.seal(json.dumps(before | json.loads(face.findings)).encode(), *where)

    def _row(self, face: StoredFace) -> dict[str, object]:
        where = (face.account_id, face.token, face.model_id)
        return {
            "account_id": face.account_id,
            "token": face.token,
            "model_id": face.model_id,
            "vector": self._templates.seal(face.vector, *where),
            "condition": face.condition,
            "measures": self._findings.seal(face.findings.encode(), *where),
            "expires_at": face.expires_at,
        }


def _check(face: StoredFace) -> None:
    if not _TOKEN.fullmatch(face.token):
        raise ParameterError("a face token has 32 lower-case hexadecimal digits")
    if not face.vector or len(face.vector) % 4 or len(face.vector) > _VECTOR_LIMIT_BYTES:
        raise ParameterError(
            f"a template has 4 to {_VECTOR_LIMIT_BYTES} bytes, 4 a number; this one {len(face.vector)}"
        )
    if len(face.findings) > _FINDINGS_LIMIT:
        raise ParameterError(f"findings have at most {_FINDINGS_LIMIT} characters; these have {len(face.findings)}")
    if not _is_object(face.findings):
        raise ParameterError("findings are a JSON object")
    for name, text in (("model id", face.model_id), ("condition", face.condition)):
        if not 0 < len(text) <= _NAME_LIMIT or not text.isprintable():
            raise ParameterError(f"a {name} has 1 to {_NAME_LIMIT} printable characters")


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _put_off(face: StoredFace, findings: bytes | None) -> sa.Update:
    """Never forward: the token was promised for as long as it was promised."""
    kept = sa.update(FACES).where(
        FACES.c.account_id == face.account_id, FACES.c.token == face.token, FACES.c.model_id == face.model_id
    )
    if findings is not None:
        kept = kept.values(measures=findings)
    if face.expires_at is None:
        return kept.values(expires_at=sa.null())
    is_sooner = FACES.c.expires_at < face.expires_at
    return kept.values(expires_at=sa.case((is_sooner, face.expires_at), else_=FACES.c.expires_at))


_THIS = sa.and_(FACES.c.account_id == sa.bindparam("account"), FACES.c.token == sa.bindparam("face"))
_GET = sa.select(FACES).where(
    _THIS, sa.or_(FACES.c.expires_at.is_(None), FACES.c.expires_at > sa.bindparam("now", type_=sa.Double))
)
# Locked, so that of two findings that come at once neither is lost.
_KEPT = sa.select(FACES.c.measures).where(_THIS, FACES.c.model_id == sa.bindparam("model")).with_for_update()
_DELETE = sa.delete(FACES).where(_THIS)
# A face whose expiry is being put off is left to whoever does so.
_EXPIRED = (
    sa.select(FACES.c.account_id, FACES.c.token)
    .where(FACES.c.expires_at <= sa.bindparam("now"))
    .order_by(FACES.c.expires_at)
    .limit(_PURGE_AT_ONCE)
    .with_for_update(skip_locked=True)
)
