"""A customer's mail, the whole way: in, surfaced, answered, and their answer back in the same conversation."""

from customers.desk import Desk, mail
from parley.models.customers import Contact, Conversation, Message, RawDelivery, Reply, Surfacing
from parley.models.posts import Post


async def test_a_mail_is_surfaced_answered_once_and_answered_back(desk: Desk) -> None:
    first = await desk.receive(mail(message_id="<first@mail.example.org>"))
    conversation = await desk.conversation(first.conversation_id)
    assert (conversation.state, conversation.waiting_on, conversation.subject) == ("open", "us", "The valve")
    assert conversation.waiting_since is not None
    assert [contact.name for contact in await desk.all(Contact)] == ["Kim Park"]
    (surfacing,) = await desk.all(Surfacing)
    post = await desk.get(Post, surfacing.post_id)
    assert (post.kind, post.channel_id, post.author_id, post.thread_id) == (
        "conversation",
        desk.care,
        None,
        conversation.thread_id,
    )

    reply = await desk.answer(desk.bob, conversation.id, "We send a new valve today.")
    await desk.work()
    (left,) = desk.left()
    assert left["To"] == "Kim Park <kim.park@example.org>"
    assert left["In-Reply-To"] == "<first@mail.example.org>"
    assert left["References"] == "<first@mail.example.org>"
    assert left["Subject"] == "Re: The valve"
    assert f"+c{conversation.id}." in left["Reply-To"]
    assert "Auto-Submitted" not in left, "a colleague wrote it"
    words = left.get_body(("plain",)).get_content()
    assert "We send a new valve today." in words
    assert "Fernhill Hardware" in words
    assert "Bob" not in left.as_string(), "no colleague's name leaves the house"
    assert (await desk.get(Reply, reply.id)).state == "accepted"
    conversation = await desk.conversation(conversation.id)
    assert (conversation.waiting_on, conversation.waiting_since) == ("customer", None)

    back = await desk.receive(mail("It works, thank you!\n", reply_to=left["Message-ID"], to=left["Reply-To"]))
    assert back.conversation_id == conversation.id
    assert await desk.count(Conversation) == 1
    assert [message.direction for message in await desk.all(Message)] == ["in", "out", "in"]
    assert await desk.count(RawDelivery) == 2
    assert (await desk.conversation(conversation.id)).waiting_on == "us"
