"""Written by `search`: what can be found. The full-text index beside it is made by the migration."""

from sqlmodel import Field, SQLModel

from parley.models.columns import reference


class SearchDocument(SQLModel, table=True):
    """The words of one post; its id is the post's, so that the newest come first without sorting."""

    __tablename__ = "search_document"
    post_id: int = Field(primary_key=True, foreign_key="post.id")
    channel_id: int = reference("channel")
    title: str = Field(default="")
    body: str = Field(default="")
