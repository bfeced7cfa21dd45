"""Full text over what respondents said, and indexes of the list of interviews

SQLite: a trigger puts every new answer into an FTS5 table. A migration that copies the table `turn`
must make the trigger again. Postgres: an index over functions that fold letters and punctuation.
"""

import unicodedata

from alembic import op

revision = "0014"
down_revision = "0013"

SQLITE = (
    """
    create virtual table said using fts5(
        text, interview_id unindexed, seq unindexed, tokenize = 'unicode61 remove_diacritics 2'
    )
    """,
    """
    insert into said (text, interview_id, seq)
    select text, interview_id, seq from turn where speaker = 'respondent'
    """,
    """
    create trigger turn_said after insert on turn when new.speaker = 'respondent' begin
        insert into said (text, interview_id, seq) values (new.text, new.interview_id, new.seq);
    end
    """,
)

ACCENTED = {  # a letter of European languages with a mark, and without
    chr(code): plain[0]
    for code in range(0xC0, 0x180)
    if len(plain := unicodedata.normalize("NFD", chr(code).lower())) > 1 and plain[0].isascii()
}
PUNCTUATION = r"!\"#$%&()*+,-./:;<=>?@[\]^_`{|}~" + "’‘“”–—…¿¡«»'"


def upgrade() -> None:
    op.create_index(
        "ix_interview_opened_at_interview_id", "interview", ["opened_at", "interview_id"]
    )
    op.create_index(
        "ix_interview_study_status_channel_language_test",
        "interview",
        ["study", "status", "channel", "language", "test"],
    )
    if op.get_bind().dialect.name == "sqlite":
        for statement in SQLITE:
            op.execute(statement)
        return
    quoted = PUNCTUATION.replace("'", "''")
    blanks = " " * len(PUNCTUATION)
    functions = f"""
        create function folded(letters text) returns text
        language sql immutable strict parallel safe return
        translate(lower(letters), '{"".join(ACCENTED)}', '{"".join(ACCENTED.values())}');
        create function searchable(said text) returns tsvector
        language sql immutable strict parallel safe return
        to_tsvector('simple', translate(folded(said), '{quoted}', '{blanks}'));
        create index ix_turn_said on turn using gin (searchable(text))
        where speaker = 'respondent'
    """
    for statement in functions.split(";\n"):
        op.get_bind().exec_driver_sql(statement.replace("%", "%%"))
