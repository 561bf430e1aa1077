# ruff: noqa: SIM905  (forms of addresses read best as a plain text)

import asyncio
import gzip
import socket
import zlib
from ipaddress import ip_address, ip_network

import httpcore2
import pytest

from core.outside import PUBLIC, Names, Net, answer, certificate, redirect, serving
from parley.core.addresses import canonical, is_own, permitted
from parley.core.http import Answer, GuardedClient, Refused, parse

LOOPBACK = [ip_network("127.0.0.0/8"), ip_network("::1/128")]
SENTENCE = "That address cannot be reached from here."

DENIED = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.254 127.0.0.1 127.255.0.1 168.63.129.16
169.254.0.1 169.254.169.254 169.254.170.2 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.8 192.0.0.192 192.0.2.1
192.31.196.1 192.52.193.1 192.88.99.1 192.168.0.1 192.175.48.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1
224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.254 255.255.255.255
:: ::1 ::2 ::127.0.0.1 ::10.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:0.0.0.0
::ffff:0:127.0.0.1 ::ffff:0:8.8.8.8 64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b::8.8.8.8 64:ff9b:1::10.0.0.1 64:ff9b:1::1
100::1 100:0:0:1::1 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:0:7f00:1:: 2001:2::1 2001:3::1 2001:4:112::1
2001:10::1 2001:20::1 2001:30::1 2001:db8::1 2002::1 2002:7f00:1:: 2002:a00:1:: 2002:808:808::1 2620:4f:8000::1 3fff::1
3fff:fff::1 4000::1 5f00::1 8000::1 e000::1 fc00::1 fd00::1 fd00:ec2::254 fdff::1 fe00::1 fe80::1 febf::1 fec0::1
feff::1 ff00::1 ff02::1 ff0e::1 fe80::1%eth0 2606:4700::1%lo 2606:4700::5efe:10.0.0.1 2606:4700::200:5efe:127.0.0.1
""".split()
ALLOWED = """
1.1.1.1 8.8.8.8 93.184.215.14 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0
168.63.129.15 168.63.129.17 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 192.0.1.0 192.0.3.0 192.88.98.1
192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 223.255.255.255 ::ffff:8.8.8.8
2606:4700:4700::1111 2001:200::1 2001:4860:4860::8888 2003::1 2a00:1450::1 3ffe::1 2606:4700::5efe:8.8.8.8
""".split()


@pytest.mark.parametrize("text", DENIED)
def test_an_address_that_is_not_for_everybody(text: str) -> None:
    assert not permitted(canonical(text))


@pytest.mark.parametrize("text", ALLOWED)
def test_an_address_that_is(text: str) -> None:
    assert permitted(canonical(text))


def test_edges_of_what_is_assigned_in_ipv6() -> None:
    assert permitted(ip_address("3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")) == permitted(ip_address("3fff:1000::"))
    assert not permitted(ip_address("1fff:ffff::"))


@pytest.mark.parametrize(
    ("text", "networks", "expected"),
    [
        ("10.1.2.3", ["10.0.0.0/8"], True),
        ("10.1.2.3", ["10.2.0.0/16"], False),
        ("::ffff:10.1.2.3", ["10.0.0.0/8"], True),
        ("127.0.0.1", ["127.0.0.0/8"], True),
        ("fd12::1", ["fd00::/8"], True),
        ("169.254.169.254", ["10.0.0.0/8"], False),
        ("64:ff9b::8.8.8.8", ["64:ff9b::/96"], True),
        ("64:ff9b::10.0.0.1", ["64:ff9b::/96"], False),
        ("64:ff9b::10.0.0.1", ["64:ff9b::/96", "10.0.0.0/8"], True),
        ("2002:a00:1::", ["2002::/16"], False),
        ("0.0.0.0", ["0.0.0.0/0"], False),
        ("224.0.0.1", ["0.0.0.0/0"], False),
        ("::", ["::/0"], False),
        ("fe80::1%eth0", ["fe80::/10"], False),
    ],
)
def test_a_trusted_network_opens_itself_and_nothing_else(text: str, networks: list[str], expected: bool) -> None:
    assert permitted(canonical(text), [ip_network(network) for network in networks]) is expected


def test_more_can_be_closed() -> None:
    assert not permitted(ip_address(PUBLIC), denied=[ip_network(f"{PUBLIC}/32")])
    assert permitted(ip_address("1.1.1.1"), denied=[ip_network(f"{PUBLIC}/32")])


def test_own_addresses_are_known() -> None:
    assert is_own(ip_address("127.0.0.1"))
    assert not is_own(ip_address(PUBLIC))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://127.1/", "http://127.0.1/", "http://2130706433/", "http://0x7f000001/", "http://0x7f.1/",
        "http://017700000001/", "http://0177.0.0.1/", "http://127.000.000.001/", "http://0/", "http://0.0.0.0/",
        "http://localhost/", "http://LOCALHOST/", "http://localhost./", "http://LocalHost.:80/",
        "http://\uff11\uff12\uff17.0.0.1/", "http://①②⑦.0.0.1/", "http://127。0。0。1/", "http://127\uff0e0\uff0e0\uff0e1/", "http://ⓛocalhost/",
        "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[0:0:0:0:0:ffff:7f00:0001]/",
        "http://[::127.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "http://[fe80::1]/",
        "http://[fe80::1%25eth0]/", "http://[fe80::1%eth0]/", "http://[::1%25lo]/",
        "http://public.example@127.0.0.1/", "http://127.0.0.1@public.example/", "http://public.example:80@127.0.0.1/",
        "http://public.example\\@127.0.0.1/", "http://127.0.0.1\\@public.example/", "http://127.0.0.1#@public.example/",
        "http://127.0.0.1?@public.example/", "http://127%2e0%2e0%2e1/", "http://%31%32%37.0.0.1/", "http://local%68ost/",
        "http://127.0.0.1\t/", "http://127.0.0.1\n/", "\thttp://127.0.0.1/", "http://\tlocalhost/", "http:// localhost/",
        "http:/127.0.0.1/", "http:127.0.0.1", "//127.0.0.1/", "127.0.0.1", "http://", "http:///x", "",
        "file:///etc/passwd", "gopher://127.0.0.1/", "ftp://public.example/", "data:text/html,x", "ws://public.example/",
        "http://private.example/", "http://mixed.example/", "http://metadata.example/", "http://six.example/",
        "http://nobody.example/", "http://public.example:0/", "http://public.example:65536/", "http://public.example:-1/",
        "http://public.example:80:80/", "http://[public.example]/", "http://public.example]/", "http://a" + "a" * 300 + "/",
        "http://public.example/" + "a" * 5_000, "http://pub\x00lic.example/", "http://pub\u202elic.example/",
        "http://public.example{}/", 'http://"public.example/', "http://169.254.169.254/latest/meta-data/",
    ],
)  # fmt: skip
async def test_no_form_of_a_private_address_is_reached(url: str) -> None:
    async with serving(answer()) as server:
        net = Net(server.port)
        names = Names(
            public_example=PUBLIC, private_example="10.0.0.7", mixed_example=f"{PUBLIC} 10.0.0.7",
            metadata_example="169.254.169.254", six_example="::ffff:192.168.0.1",
        )  # fmt: skip
        client = GuardedClient(resolver=names, backend=net)
        assert (await client.fetch("GET", "http://public.example/")).content == b"hello"
        net.dialled.clear()
        with pytest.raises(Refused) as refusal:
            await client.fetch("GET", url)
        assert net.dialled == []
        assert (refusal.value.words, refusal.value.status) == (SENTENCE, 422)
        await client.aclose()


async def test_resolved_once_and_connected_to_what_was_judged() -> None:
    """The name changes to a private address right after the first answer."""
    async with serving(answer()) as server:
        net, names = Net(server.port), Names(turning_example=[PUBLIC, "127.0.0.1"])
        client = GuardedClient(resolver=names, backend=net)
        await client.fetch("GET", "http://turning.example/x?y=1")
        assert net.dialled == [(PUBLIC, 80)]
        assert names.questions == 1
        assert server.asked[0].startswith(b"GET /x?y=1 HTTP/1.1\r\n")
        assert b"\r\nhost: turning.example\r\n" in server.asked[0].lower()
        await client.aclose()


async def test_tls_names_the_host_and_checks_it(tmp_path) -> None:
    context, issuer = certificate(tmp_path, "public.example")
    async with serving(answer(), tls=context) as server:
        net, names = Net(server.port), Names(public_example=PUBLIC, other_example=PUBLIC)
        knowing = GuardedClient(resolver=names, backend=net, ca_file=issuer)
        assert (await knowing.fetch("GET", "https://public.example/")).status == 200
        assert net.dialled == [(PUBLIC, 443)]
        with pytest.raises(Refused) as refusal:
            await knowing.fetch("GET", "https://other.example/", trusted=True)
        assert refusal.value.reason == "certificate"
        stranger = GuardedClient(resolver=names, backend=net)
        with pytest.raises(Refused) as refusal:
            await stranger.fetch("GET", "https://public.example/")
        assert (refusal.value.reason, refusal.value.words) == ("certificate", SENTENCE)
        await knowing.aclose()
        await stranger.aclose()


async def test_what_it_configures_may_reach_listed_networks_and_loopback_only_if_listed() -> None:
    async with serving(answer()) as server:
        url = f"http://127.0.0.1:{server.port}/"
        listed, unlisted = GuardedClient(LOOPBACK), GuardedClient([ip_network("10.0.0.0/8")])
        assert (await listed.fetch("GET", url, trusted=True)).content == b"hello"
        for client, trusted in ((listed, False), (unlisted, True), (unlisted, False)):
            with pytest.raises(Refused) as refusal:
                await client.fetch("GET", url, trusted=trusted)
            assert refusal.value.reason == "network"
        assert server.connections == 1
        await listed.aclose()
        await unlisted.aclose()


async def test_a_connection_opened_for_it_is_not_lent_to_people() -> None:
    """Both ask for the same origin; the pool of the first has an open connection to it."""
    async with serving(answer()) as server:
        client = GuardedClient(LOOPBACK)
        url = f"http://127.0.0.1:{server.port}/"
        assert (await client.fetch("GET", url, trusted=True)).status == 200
        with pytest.raises(Refused):
            await client.fetch("GET", url)
        await client.aclose()


async def test_people_cannot_tell_open_from_closed_from_unknown() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        closed = taken.getsockname()[1]
    async with serving(answer()) as server:
        client = GuardedClient(resolver=Names())
        said = set()
        for url in (
            f"http://127.0.0.1:{server.port}/",
            f"http://127.0.0.1:{closed}/",
            "http://unknown.example/",
            "x:y",
        ):
            with pytest.raises(Refused) as refusal:
                await client.fetch("GET", url)
            said.add((refusal.value.words, refusal.value.code, refusal.value.status))
        assert said == {(SENTENCE, "unreachable", 422)}
        await client.aclose()


async def test_it_is_told_what_is_wrong() -> None:
    client = GuardedClient(resolver=Names())
    with pytest.raises(Refused, match="TRUSTED_NETWORKS"):
        await client.fetch("GET", "http://10.0.0.1/", trusted=True)
    with pytest.raises(Refused, match="not known"):
        await client.fetch("GET", "http://unknown.example/", trusted=True)
    await client.aclose()


# Redirects


@pytest.fixture
def outside():
    """Run one fetch in a world of public and private names, all of which lead to a server with these answers."""

    async def run(*answers, url="http://public.example/", method="GET", **options):
        async with serving(*answers) as server:
            net = Net(server.port)
            client = GuardedClient(
                resolver=Names(public_example=PUBLIC, other_example="1.1.1.1", private_example="10.0.0.7"), backend=net
            )
            try:
                return await client.fetch(method, url, **options), server, net
            except Refused as refusal:
                return refusal, server, net
            finally:
                await client.aclose()

    return run


@pytest.mark.parametrize("status", ["301 x", "302 x", "303 x", "307 x", "308 x"])
async def test_redirects_are_followed(outside, status: str) -> None:
    found, _, net = await outside(redirect("http://other.example/b", status), answer(b"there"))
    assert (found.content, found.url) == (b"there", "http://other.example/b")
    assert net.dialled == [(PUBLIC, 80), ("1.1.1.1", 80)]


async def test_a_redirect_may_be_relative(outside) -> None:
    found, server, _ = await outside(redirect("../c?d"), answer(), url="http://public.example/a/b")
    assert found.url == "http://public.example/c?d"
    assert server.asked[1].startswith(b"GET /c?d ")


@pytest.mark.parametrize(
    "location",
    [
        "http://private.example/", "http://127.0.0.1/", "http://[::ffff:127.0.0.1]/", "//10.0.0.7/", "http://0x7f.1/",
        "file:///etc/passwd", "gopher://other.example/", "javascript:alert(1)", "http://other.example\\@10.0.0.7/",
        "http://user@other.example/", "http://other.example:99999/", "http://10.0.0.7%2f@other.example/",
    ],
)  # fmt: skip
async def test_each_redirect_is_judged_again(outside, location: str) -> None:
    refusal, _, net = await outside(redirect("http://other.example/"), redirect(location), answer())
    assert isinstance(refusal, Refused)
    assert net.dialled == [(PUBLIC, 80), ("1.1.1.1", 80)]


async def test_redirects_end(outside) -> None:
    fine, server, _ = await outside(*[redirect("/again")] * 5, answer(b"at last"))
    assert (fine.content, len(server.asked)) == (b"at last", 6)
    refusal, server, _ = await outside(redirect("/again"))
    assert (refusal.reason, len(server.asked)) == ("redirects", 6)


async def test_https_does_not_become_http(tmp_path) -> None:
    context, issuer = certificate(tmp_path, "public.example")
    for location, expected in (("https://public.example/b", 200), ("http://public.example/b", "redirects")):
        async with serving(redirect(location), answer(), tls=context) as server:
            client = GuardedClient(resolver=Names(public_example=PUBLIC), backend=Net(server.port), ca_file=issuer)
            try:
                outcome = (await client.fetch("GET", "https://public.example/")).status
            except Refused as refusal:
                outcome = refusal.reason
            assert outcome == expected
            await client.aclose()


async def test_secrets_stay_with_the_host_that_was_named(outside) -> None:
    headers = {"Authorization": "Bearer s3cret", "X-Key": "s3cret", "Accept": "text/html"}
    _, server, _ = await outside(redirect("/b"), redirect("http://other.example/"), answer(), headers=headers)
    assert b"s3cret" in server.asked[0]
    assert b"s3cret" in server.asked[1]
    assert b"s3cret" not in server.asked[2]
    assert b"accept: text/html" in server.asked[2].lower()


async def test_a_body_is_not_sent_on(outside) -> None:
    found, server, _ = await outside(
        redirect("http://other.example/", "307 x"), answer(), method="POST", form={"a": "b c"}
    )
    assert (found.status, len(server.asked)) == (307, 1)
    assert server.asked[0].endswith(b"\r\n\r\na=b+c")


async def test_cookies_are_not_kept(outside) -> None:
    _, server, _ = await outside(answer(b"", "302 x", location="/b", set_cookie="a=b"), answer())
    assert b"cookie" not in server.asked[1].lower()


async def test_json_and_bytes_go_out(outside) -> None:
    _, server, _ = await outside(answer(), method="PUT", json={"a": 1})
    assert server.asked[0].endswith(b'{"a":1}')
    _, server, _ = await outside(answer(), method="POST", content=b"\x00raw")
    assert server.asked[0].endswith(b"\x00raw")


async def test_a_header_cannot_be_smuggled(outside) -> None:
    refusal, server, _ = await outside(answer(), headers={"X-Name": "a\r\nX-Evil: b"})
    assert isinstance(refusal, Refused)
    assert not any(b"evil" in asked.lower() for asked in server.asked)


async def test_no_proxy_comes_from_the_environment(outside, monkeypatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    found, _, net = await outside(answer())
    assert (found.status, net.dialled) == (200, [(PUBLIC, 80)])


# Caps


async def test_size(outside) -> None:
    fine, _, _ = await outside(answer(b"a" * 1000), max_bytes=1000)
    assert len(fine.content) == 1000
    refusal, _, _ = await outside(answer(b"a" * 1001), max_bytes=1000)
    assert refusal.reason == "too_large"


async def test_size_without_a_declared_length(outside) -> None:
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    fine, _, _ = await outside(head + b"5\r\nhello\r\n0\r\n\r\n", max_bytes=5)
    assert fine.content == b"hello"

    async def endless(writer) -> None:
        writer.write(head)
        while not writer.is_closing():
            writer.write(b"1000\r\n" + b"a" * 0x1000 + b"\r\n")
            await writer.drain()

    refusal, _, _ = await outside(endless, max_bytes=100_000)
    assert refusal.reason == "too_large"


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
async def test_packed_answers_are_unpacked_up_to_the_size(outside, pack) -> None:
    encoding = "gzip" if pack is gzip.compress else "deflate"
    fine, _, _ = await outside(answer(pack(b"a" * 1000), content_encoding=encoding), max_bytes=1000)
    assert fine.content == b"a" * 1000
    assert "content-encoding" not in fine.headers
    refusal, _, _ = await outside(answer(pack(b"\x00" * 50_000_000), content_encoding=encoding), max_bytes=1_000_000)
    assert refusal.reason == "too_large"


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (b"x", "br"),
        (b"x", "zstd"),
        (b"x", "gzip, gzip"),
        (b"not packed", "gzip"),
        (gzip.compress(b"a" * 9999, mtime=0)[:-9], "gzip"),
    ],
)
async def test_what_cannot_be_unpacked_is_refused(outside, body: bytes, encoding: str) -> None:
    refusal, _, _ = await outside(answer(body, content_encoding=encoding))
    assert refusal.reason == "protocol"


async def test_a_slow_answer_is_left(outside) -> None:
    async def drip(writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"a")
            await writer.drain()
            await asyncio.sleep(0.02)

    refusal, _, _ = await outside(drip, timeout_seconds=0.2)
    assert refusal.reason == "silent"


async def test_a_silent_server_is_left(outside) -> None:
    async def silence(writer) -> None:
        await asyncio.sleep(5)

    refusal, _, _ = await outside(silence, timeout_seconds=0.1)
    assert refusal.reason == "silent"


@pytest.mark.parametrize(
    "raw", [b"", b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 200 OK\r\nx: " + b"a" * 200_000, b"HTTP/1.1 999999 x\r\n\r\n"]
)
async def test_what_is_no_http_is_refused(outside, raw: bytes) -> None:
    def say(writer) -> None:
        writer.write(raw)
        writer.close()

    refusal, _, _ = await outside(say)
    assert isinstance(refusal, Refused)


async def test_the_answer_s_type(outside) -> None:
    found, _, _ = await outside(answer(content_type="Text/HTML; charset=x"))
    assert isinstance(found, Answer)
    assert found.content_type == "text/html"


# For other libraries


async def test_other_clients_go_the_same_way() -> None:
    async with serving(
        answer(b"a" * 10), redirect("/x"), answer(gzip.compress(b"\x00" * 30_000_000), content_encoding="gzip")
    ) as server:
        net = Net(server.port)
        guarded = GuardedClient(resolver=Names(public_example=PUBLIC, private_example="10.0.0.7"), backend=net)
        async with guarded.client() as client:
            assert (await client.get("http://public.example/")).text == "a" * 10
            assert (await client.get("http://public.example/")).status_code == 302
            with pytest.raises(Refused):
                await client.get("http://private.example/")
            with pytest.raises(Refused) as refusal:
                await client.get("http://public.example/")
            assert refusal.value.reason == "too_large"
        # The transport outlives the client that closed it.
        async with guarded.client() as client:
            with pytest.raises(Refused):
                await client.get("http://private.example/")
        await guarded.aclose()


async def test_authlib_works_on_the_transport() -> None:
    from authlib.integrations.httpx_client import AsyncOAuth2Client

    body = b'{"access_token": "t", "token_type": "Bearer"}'
    async with serving(answer(body, content_type="application/json")) as server:
        guarded = GuardedClient(LOOPBACK)
        transport = guarded.transport(trusted=True)
        async with AsyncOAuth2Client("id", "secret", transport=transport, trust_env=False) as client:
            token = await client.fetch_token(
                f"http://127.0.0.1:{server.port}/token", code="c", grant_type="authorization_code"
            )
        assert token["access_token"] == "t"
        await guarded.aclose()


async def test_hosts_of_mail_servers_are_judged_and_dialled() -> None:
    async with serving(answer()) as server:
        client = GuardedClient(LOOPBACK, resolver=Names(mail_example="127.0.0.1", public_example=f"{PUBLIC} {PUBLIC}"))
        assert await client.judge_host("public.example", 993) == [ip_address(PUBLIC)]
        assert await client.judge_host("mail.example", server.port, trusted=True) == [ip_address("127.0.0.1")]
        with pytest.raises(Refused):
            await client.judge_host("mail.example", server.port)
        connection = await client.dial("mail.example", server.port, trusted=True)
        assert connection.getpeername() == ("127.0.0.1", server.port)
        assert not connection.getblocking()
        connection.close()
        with pytest.raises(Refused):
            await client.dial("mail.example", server.port)
        await client.aclose()


@pytest.mark.parametrize(
    "host", ["", "a b", "a/b", "a@b", "a%00", "[::1", "x" * 300, "-x", "a\nb", "fe80::1%eth0", "größe.example"]
)
async def test_what_is_no_host_is_refused(host: str) -> None:
    client = GuardedClient(resolver=Names())
    with pytest.raises(Refused) as refusal:
        await client.judge_host(host, 25)
    assert refusal.value.reason in {"address", "name"}
    await client.aclose()


async def test_a_slow_resolver_is_left(monkeypatch) -> None:
    monkeypatch.setattr("parley.core.outgoing._RESOLVE_SECONDS", 0.05)

    async def asleep(host: str, port: int) -> list[str]:
        await asyncio.sleep(5)
        return [PUBLIC]

    client = GuardedClient(resolver=asleep)
    with pytest.raises(Refused):
        await client.judge_host("public.example", 80)
    await client.aclose()


async def test_the_system_s_resolver_is_used_by_default() -> None:
    async with serving(answer()) as server:
        client = GuardedClient(LOOPBACK)
        assert (await client.fetch("GET", f"http://localhost:{server.port}/", trusted=True)).status == 200
        with pytest.raises(Refused) as refusal:
            await client.fetch("GET", f"http://localhost:{server.port}/")
        assert refusal.value.reason == "network"
        await client.aclose()


# Proxy


@pytest.fixture
def proxied():
    """Run one fetch through a proxy that answers its first question with `says`, and then plays the host."""

    async def run(url: str, says: bytes = b"HTTP/1.1 200 OK\r\n\r\n", user: str = "", **options):
        async with serving(says, answer(b"through")) as server:
            net = Net(server.port)
            client = GuardedClient(
                [ip_network("10.0.0.0/8")], proxy=f"http://{user}proxy.example:3128", backend=net,
                resolver=Names(public_example=PUBLIC, inside_example="10.0.0.7", six_example="2606:4700::1111"),
            )  # fmt: skip
            try:
                return await client.fetch("GET", url, **options), server, net
            except (Refused, httpcore2.ProxyError) as refusal:
                return refusal, server, net
            finally:
                await client.aclose()

    return run


async def test_the_proxy_is_asked_for_the_judged_address(proxied) -> None:
    found, server, net = await proxied("http://public.example/a", user="me:pass%20word@")
    assert found.content == b"through"
    assert net.dialled == [("proxy.example", 3128)]
    assert server.asked[0].startswith(f"CONNECT {PUBLIC}:80 HTTP/1.1\r\n".encode())
    assert b"Proxy-Authorization: Basic bWU6cGFzcyB3b3Jk\r\n" in server.asked[0]
    assert server.asked[1].startswith(b"GET /a HTTP/1.1\r\n")
    assert b"host: public.example" in server.asked[1].lower()
    assert b"authorization" not in server.asked[1].lower()


async def test_the_proxy_is_asked_for_an_ipv6_address_in_brackets(proxied) -> None:
    _, server, _ = await proxied("http://six.example/")
    assert server.asked[0].startswith(b"CONNECT [2606:4700::1111]:80 ")


async def test_the_proxy_does_not_open_what_is_private(proxied) -> None:
    refusal, _, net = await proxied("http://inside.example/")
    assert (refusal.reason, net.dialled) == ("network", [])


async def test_our_own_networks_need_no_proxy(proxied) -> None:
    _, _, net = await proxied("http://inside.example/", trusted=True)
    assert net.dialled == [("10.0.0.7", 80)]


async def test_names_unknown_here_go_to_the_proxy_for_it_only(proxied) -> None:
    found, server, _ = await proxied("http://provider.example/", trusted=True)
    assert found.content == b"through"
    assert server.asked[0].startswith(b"CONNECT provider.example:80 ")
    refusal, _, net = await proxied("http://provider.example/")
    assert (refusal.reason, net.dialled) == ("name", [])


@pytest.mark.parametrize(
    "says", [b"HTTP/1.1 403 Forbidden\r\n\r\n", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\nsurplus"]
)
async def test_a_proxy_that_refuses(proxied, says: bytes) -> None:
    refusal, _, _ = await proxied("http://public.example/", says=says)
    assert (refusal.reason, refusal.words) == ("proxy", SENTENCE)


def test_an_address_is_read_in_one_way_only() -> None:
    assert str(parse("https://Public.EXAMPLE:443/a?b#c")) == "https://public.example/a?b#c"
    assert str(parse("https://bücher.example/")) == "https://xn--bcher-kva.example/"
    with pytest.raises(Refused):
        parse("https://public.example\\.evil.example/")
