"""Pages about posts and comments: publishing, the permalink, editing, removing, reactions."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels.service import membership
from parley.kit.errors import Invalid, NotFound
from parley.models.channels import Channel
from parley.models.posts import Comment, Post
from parley.policy import channels as channel_policy
from parley.policy import kinds as kind_policy
from parley.posts import attached, composing, mentioning, places, queries, threads, writing_pages
from parley.posts.kinds import forms, names
from parley.posts.kinds.given import Written, from_form
from parley.posts.service import comments, publishing, reactions
from parley.posts.service.words import client_uuid, ready
from parley.posts.views import EditView, MenuView, PostView
from parley.web.visit import Id, Number, Reader, Visit, Writer

router = APIRouter(include_in_schema=False)
Noun = Literal["posts", "comments"]


@router.post("/channels/{channel_id}/posts")
async def publish(channel_id: Id, visit: Writer) -> Response:
    """Publish a post; the answer is the post as everybody sees it."""
    await visit.limit("post")
    form = await visit.form()
    if form.text("send_at"):
        return await writing_pages.schedule(visit, form, channel_id)
    body, title, files = form.text("body"), form.text("title"), form.ids("attachments")
    kind, fields = form.text("kind") or "update", forms.written(form)
    try:
        words = await ready(body, title=title, kind=kind, files=files, confirmed=form.on("confirm_crowd"))
        given = from_form(kind, fields, forms.zone_of(visit))
        draft = publishing.Draft(words, kind, client_uuid(form.text("client_id")), files, given=given)
        async with visit.unit() as unit:
            post, new = await publishing.publish(unit, visit.actor, channel_id, draft)
            await writing_pages.forget_draft(unit, visit, form)
    except Invalid as refusal:
        return await composing.refused(visit, refusal, channel_id=channel_id, **writing_pages.typed(form))
    if not visit.htmx:
        return visit.seen(f"/channels/{channel_id}")
    headers = await mentioning.outcome(visit, "posts", post.id or 0)
    return await one(visit, post.id or 0, status=201 if new else 200, headers=headers)


@router.get("/posts/{post_id}")
async def permalink(post_id: Id, visit: Reader, before: Number = None, comment: Number = None) -> Response:
    """Show a post with its thread: as a page, or in the panel beside a feed."""
    async with visit.reading() as session:
        thread, composer = await composing.thread(session, visit, post_id, before, comment)
        if visit.htmx and visit.target == "panel":
            return visit.fragment("posts/_thread.html", thread=thread, composer=composer)
        if visit.htmx:
            return visit.fragment("posts/_comments.html", thread=thread)
        channel = thread.post.channel.id
        return await visit.page(
            session,
            "posts/page.html",
            title=_title(visit, thread.post),
            place="channel",
            topics=[f"channel:{channel}"],
            channel_id=channel,
            thread=thread,
            composer=composer,
        )


@router.post("/posts/{post_id}/comments")
async def comment(post_id: Id, visit: Writer) -> Response:
    """Publish a comment; on a surfaced conversation it is part of the discussion."""
    await visit.limit("comment")
    form = await visit.form()
    body, files = form.text("body"), form.ids("attachments")
    try:
        words = await ready(body, files=files, confirmed=form.on("confirm_crowd"))
        client = client_uuid(form.text("client_id"))
        async with visit.unit() as unit:
            post, _ = await publishing.find(unit, visit.actor, post_id)
            made, new = await comments.publish(
                unit, visit.actor, thread_id=post.thread_id, words=words, client_id=client, file_ids=files
            )
            await writing_pages.forget_draft(unit, visit, form)
    except Invalid as refusal:
        return await composing.refused(visit, refusal, post_id=post_id, body=body, files=files)
    if not visit.htmx:
        return visit.seen(f"/posts/{post_id}#comment-{made.id}")
    headers = await mentioning.outcome(visit, "comments", made.id or 0)
    return await one_comment(visit, made.id or 0, status=201 if new else 200, headers=headers)


@router.get("/{noun}/{thing_id}/edit")
async def edit_form(noun: Noun, thing_id: Id, visit: Reader) -> Response:
    """Show the form that changes a post or comment."""
    async with visit.reading() as session:
        thing = await _readable(session, visit, noun, thing_id)
        if thing.author_id != visit.actor.person_id or thing.removed_at is not None:
            raise NotFound
        return await _edit(visit, session, thing, noun)


async def _edit(
    visit: Visit,
    session: AsyncSession,
    thing: Post | Comment,
    noun: str,
    *,
    body: str | None = None,
    title: str | None = None,
    fields: Written | None = None,
    refusal: Invalid | None = None,
) -> Response:
    known = await forms.known(session, visit, thing) if isinstance(thing, Post) else forms.empty(visit)
    known_title, titled = (thing.title, thing.kind != "conversation") if isinstance(thing, Post) else ("", False)
    view = EditView(
        noun,
        thing.id or 0,
        thing.body if body is None else body,
        known_title if title is None else title,
        titled,
        visit.say_fields(refusal) if refusal else {},
        form=known if fields is None else forms.typed(visit, known.kind, fields, known),
    )
    status = 422 if refusal else 200
    if visit.htmx:
        return visit.fragment("posts/_edit.html", status=status, edit=view)
    return await visit.page(
        session, "posts/edit.html", title=visit.say("Edit"), place="channel", status=status, edit=view
    )


@router.post("/{noun}/{thing_id}/edit")
async def edit(noun: Noun, thing_id: Id, visit: Writer) -> Response:
    """Change the words of one's own post or comment."""
    form = await visit.form()
    body, title, fields = form.text("body"), form.text("title"), forms.written(form)
    try:
        words = await ready(body, title=title, confirmed=form.on("confirm_crowd"))
        # A form without the fields of a kind, such as an older page's, leaves them as they are.
        given = from_form(form.text("kind"), fields, forms.zone_of(visit)) if form.text("kind") else None
        async with visit.unit() as unit:
            if noun == "posts":
                await publishing.edit(unit, visit.actor, thing_id, words, given=given)
            else:
                await comments.edit(unit, visit.actor, thing_id, words)
    except Invalid as refusal:
        async with visit.reading() as session:
            thing = await _readable(session, visit, noun, thing_id)
            return await _edit(visit, session, thing, noun, body=body, title=title, fields=fields, refusal=refusal)
    return await _after(visit, noun, thing_id, await mentioning.outcome(visit, noun, thing_id))


@router.post("/{noun}/{thing_id}/remove")
async def remove(noun: Noun, thing_id: Id, visit: Writer) -> Response:
    """Take a post or comment away; the answer's header lets the page offer to undo."""
    async with visit.unit() as unit:
        if noun == "posts":
            await publishing.remove(unit, visit.actor, thing_id)
        else:
            await comments.remove(unit, visit.actor, thing_id)
    return await _after(visit, noun, thing_id, {"X-Parley-Undo": f"/{noun}/{thing_id}/restore"})


@router.post("/{noun}/{thing_id}/restore")
async def restore(noun: Noun, thing_id: Id, visit: Writer) -> Response:
    """Bring a removed post or comment back."""
    async with visit.unit() as unit:
        if noun == "posts":
            await publishing.restore(unit, visit.actor, thing_id)
        else:
            await comments.remove(unit, visit.actor, thing_id, undo=True)
    return await _after(visit, noun, thing_id)


@router.post("/{noun}/{thing_id}/reactions/{emoji}")
async def react(noun: Noun, thing_id: Id, emoji: Annotated[str, Path(max_length=32)], visit: Writer) -> Response:
    """Put a reaction on or take it off."""
    await visit.limit("reaction")
    on = (await visit.form()).text("on") != "0"
    async with visit.unit() as unit:
        await (reactions.on_post if noun == "posts" else reactions.on_comment)(
            unit, visit.actor, thing_id, emoji, on=on
        )
    if not visit.htmx:
        return visit.seen(f"/{noun}/{thing_id}")
    async with visit.reading() as session:
        if noun == "posts":
            view = await queries.view(session, thing_id, composing.surfaced(visit))
            shown = view.reactions if view else []
        else:
            shown = (await queries.comment_views(session, [await _comment(session, visit, thing_id)]))[0].reactions
    return visit.fragment("posts/_reactions.html", noun=noun, id=thing_id, reactions=shown)


@router.get("/{noun}/{thing_id}/history")
async def history(noun: Noun, thing_id: Id, visit: Reader) -> Response:
    """Show what a post or comment says and has said before."""
    async with visit.reading() as session:
        thing = await _readable(session, visit, noun, thing_id)
        if thing.removed_at is not None:
            raise NotFound
        versions = await queries.history(session, thing)
        if visit.htmx:
            return visit.fragment("posts/_history.html", versions=versions)
        return await visit.page(
            session,
            "posts/history.html",
            title=visit.say("Earlier texts"),
            place="channel",
            versions=versions,
            back_url=f"/{noun}/{thing_id}",
        )


@router.get("/{noun}/{thing_id}/menu")
async def menu(noun: Noun, thing_id: Id, visit: Reader) -> Response:
    """Show what this reader may do with a post or comment."""
    async with visit.reading() as session:
        thing = await _readable(session, visit, noun, thing_id)
        post = thing if isinstance(thing, Post) else None
        channel = await session.get(Channel, post.channel_id) if post else None
        mine = await membership.of(session, channel.id, visit.actor.person_id) if channel else None
        author = thing.author_id == visit.actor.person_id
        alive = channel is None or channel.archived_at is None
        view = MenuView(
            noun,
            thing_id,
            f"/posts/{thing_id}" if post else f"/comments/{thing_id}",
            author and alive,
            alive and (author or channel_policy.moderates(visit.actor, mine)),
            edited=thing.edited_at is not None,
            accept="" if post else await _accept(session, visit, thing_id),
            channel_id=post.channel_id if post and mine else None,
            number=post.number if post and mine else None,
            thread=await threads.state(session, visit.actor, post.thread_id) if post else None,
            places=await places.choices(session, visit.actor, post, channel) if post and channel else (),
            pictured=bool(post and author and await attached.pictured(session, thing_id)),
        )
    return visit.fragment("posts/_menu.html", menu=view)


async def _accept(session: AsyncSession, visit: Visit, comment_id: int) -> str:
    """What this reader may do about a comment under a question: accept it, take that back, or nothing."""
    found = await names.question_of(session, comment_id)
    if found is None:
        return ""
    channel = await session.get_one(Channel, found.channel_id)
    mine = await membership.of(session, found.channel_id, visit.actor.person_id)
    if channel.archived_at is not None or not kind_policy.manages(visit.actor, found.author_id, mine):
        return ""
    return "unaccept" if found.accepted == comment_id else "accept"


@router.get("/comments/{comment_id}")
async def comment_link(comment_id: Id, visit: Reader) -> Response:
    """Lead to a comment where it stands: under its post, or in the discussion of its conversation."""
    async with visit.reading() as session:
        view = (await queries.comment_views(session, [await _comment(session, visit, comment_id)]))[0]
    kind, _, number = view.topic.partition(":")
    return visit.seen(
        (f"/conversations/{number}" if kind == "conversation" else f"/posts/{view.post_id}?comment={comment_id}")
        + f"#comment-{comment_id}"
    )


def _title(visit: Visit, post: PostView) -> str:
    if post.title or post.author is None:
        return post.title or visit.say("A customer conversation")
    return visit.say("Post by %(name)s") % {"name": post.author.name}


async def one(visit: Visit, post_id: int, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Answer with one post."""
    async with visit.reading() as session:
        view = await queries.view(session, post_id, composing.surfaced(visit))
    return visit.fragment("posts/_post.html", status=status, headers=headers, post=view)


async def one_comment(
    visit: Visit, comment_id: int, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """Answer with one comment."""
    async with visit.reading() as session:
        view = (await queries.comment_views(session, [await _comment(session, visit, comment_id)]))[0]
    return visit.fragment("posts/_comment.html", status=status, headers=headers, comment=view)


async def _after(visit: Visit, noun: str, thing_id: int, headers: dict[str, str] | None = None) -> Response:
    if not visit.htmx:
        return visit.seen(f"/{noun}/{thing_id}")
    return await (one if noun == "posts" else one_comment)(visit, thing_id, headers=headers)


async def _readable(session: AsyncSession, visit: Visit, noun: str, thing_id: int) -> Post | Comment:
    return (
        await queries.get(session, visit.actor, thing_id)
        if noun == "posts"
        else await _comment(session, visit, thing_id)
    )


async def _comment(session: AsyncSession, visit: Visit, comment_id: int) -> Comment:
    return await queries.get_comment(session, visit.actor, comment_id)
