"""URLs that must never lead to a connection, keyed by what they try."""

from ipaddress import ip_address
from urllib.parse import quote

REDIRECTOR = "10.9.9.9:8000"  # allowed by name; sends its caller wherever the path says
ALLOWED_NAME = "allowed.test:443"  # a name that its owner points at the metadata service
PUBLIC = "8.8.8.8"


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


ADDRESSES = {
    "loopback": "127.0.0.1",
    "the far end of loopback": "127.255.255.254",
    "this host": "0.0.0.0",
    "this network": "0.1.2.3",
    "private 10": "10.0.0.5",
    "private 10, last": "10.255.255.255",
    "private 172.16": "172.16.0.1",
    "private 172.31": "172.31.255.254",
    "private 192.168": "192.168.1.1",
    "carrier-grade NAT": "100.64.0.1",
    "carrier-grade NAT, last": "100.127.255.254",
    "metadata of AWS, Google, Azure": "169.254.169.254",
    "metadata of ECS": "169.254.170.2",
    "metadata of Alibaba": "100.100.100.200",
    "metadata of Oracle": "192.0.0.192",
    "WireServer of Azure": "168.63.129.16",
    "IETF protocols": "192.0.0.8",
    "documentation 1": "192.0.2.1",
    "documentation 2": "198.51.100.1",
    "documentation 3": "203.0.113.1",
    "benchmarks": "198.18.0.1",
    "benchmarks, last": "198.19.255.255",
    "6to4 relay": "192.88.99.1",
    "multicast": "224.0.0.1",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "loopback 6": "::1",
    "unspecified 6": "::",
    "loopback 6, written out": "0:0:0:0:0:0:0:1",
    "IPv4-mapped loopback": "::ffff:127.0.0.1",
    "IPv4-mapped loopback in hexadecimal": "::ffff:7f00:1",
    "IPv4-mapped private": "::ffff:10.0.0.5",
    "IPv4-mapped metadata": "::ffff:a9fe:a9fe",
    "IPv4-mapped this host": "::ffff:0.0.0.0",
    "IPv4-compatible loopback": "::127.0.0.1",
    "IPv4-compatible private": "::10.0.0.5",
    "IPv4-translated loopback": "::ffff:0:127.0.0.1",
    "6to4 of loopback": "2002:7f00:1::1",
    "6to4 of metadata": "2002:a9fe:a9fe::1",
    "6to4 of private": "2002:a00:5::1",
    "NAT64 of loopback": "64:ff9b::127.0.0.1",
    "NAT64 of metadata": "64:ff9b::a9fe:a9fe",
    "NAT64 of private": "64:ff9b::10.0.0.5",
    "local NAT64 of metadata": "64:ff9b:1::a9fe:a9fe",
    "local NAT64 of a public address": "64:ff9b:1::8.8.8.8",
    "local NAT64 by /48": "64:ff9b:1:a9fe:a9:fe00::",
    "Teredo of a private client": "2001:0:808:808::f5ff:fffa",
    "Teredo of a private server": "2001:0:a00:5::f7f7:f7f7",
    "Teredo of public ones": "2001:0:808:808::f7f7:f7f7",
    "unique local": "fd00::1",
    "unique local, fc": "fc00::1",
    "metadata of AWS 6": "fd00:ec2::254",
    "link-local 6": "fe80::1",
    "site-local": "fec0::1",
    "documentation 6": "2001:db8::1",
    "documentation 6, new": "3fff::1",
    "benchmarks 6": "2001:2::1",
    "ORCHID": "2001:20::1",
    "discard": "100::1",
    "SRv6": "5f00::1",
    "multicast 6": "ff02::1",
    "global multicast 6": "ff0e::1",
    "nobody's": "4000::1",
}
SPELLINGS = {
    "one hexadecimal number": "0x7f000001",
    "one decimal number": "2130706433",
    "one octal number": "017700000001",
    "an octal part": "0177.0.0.1",
    "a hexadecimal part": "0x7f.0.0.1",
    "hexadecimal parts": "0x7f.0x0.0x0.0x1",
    "two parts": "127.1",
    "three parts": "127.0.1",
    "zero": "0",
    "zeros before": "127.000.000.001",
    "metadata as a number": "2852039166",
    "metadata in hexadecimal": "0xa9fea9fe",
    "metadata in octal": "0251.0376.0251.0376",
    "private in hexadecimal": "0x0a000005",
    "private in two parts": "10.5",
    "a trailing dot": "127.0.0.1.",
    "wide full stops": "127。0。0。1",
    "half-wide full stops": "127｡0｡0｡1",
    "wide digits": "１２７.0.0.1",
    "escapes": "%31%32%37.0.0.1",
    "an escaped dot": "127%2e0%2e0%2e1",
    "a zone id": "[::1%25lo]",
    "a zone id, bare": "[fe80::1%lo]",
    "a zone id on a public address": "[2606:4700::1111%25lo]",
    "localhost": "localhost",
    "localhost in capitals": "LOCALHOST",
    "localhost with a dot": "localhost.",
    "below localhost": "a.localhost",
    "a name for loopback": "v4-127-0-0-1.test",
    "a name for private": "v4-10-0-0-5.test",
    "a name for metadata": "v4-169-254-169-254.test",
    "the name of Google's metadata": "metadata.google.internal",
    "a service of the cluster": "kubernetes.default.svc",
    "a service by its full name": "kubernetes.default.svc.cluster.local.",
    "a look-alike in Cyrillic": "аpple.com",
    "a look-alike, encoded": "xn--pple-43d.com",
    "an underscore": "a_b.test",
    "public and private addresses": "mixed.test",
    "public IPv4 and private IPv6": "mixed6.test",
    "a space": "127.0.0.1 .test",
    "a null": "127.0.0.1%00.test",
    "a line end": "127.0.0.1%0d%0a.test",
    "a long label": f"{'a' * 64}.test",
    "a long name": ".".join(["a" * 60] * 5),
    "an empty label": "a..test",
}
URLS = {
    "plain text to a public address": f"http://{PUBLIC}/",
    "plain text to a public name": "http://v4-8-8-8-8.test/",
    "plain text on port 443": f"http://{PUBLIC}:443/",
    "port 22 of a public address": f"https://{PUBLIC}:22/",
    "port 25 of a public address": f"https://{PUBLIC}:25/",
    "port 6379 of a public address": f"https://{PUBLIC}:6379/",
    "port 8443 of a public address": f"https://{PUBLIC}:8443/",
    "port 0": f"https://{PUBLIC}:0/",
    "a port past the last": f"https://{PUBLIC}:65979/",
    "the kubelet": "https://10.0.0.5:10250/pods",
    "the API server": "https://10.96.0.1:443/api",
    "another port of an allowed address": "http://10.9.9.9:80/",
    "a neighbour of an allowed address": "http://10.9.9.8:8000/",
    "an allowed name that leads to metadata": f"https://{ALLOWED_NAME}/",
    "a name that begins like an allowed one": "https://allowed.test.evil.test/",
    "a name that ends like an allowed one": "https://notallowed.test/",
    "a public user": "http://example.com@127.0.0.1/",
    "a public user and password": "https://example.com:443@127.0.0.1/",
    "two at signs": "https://a@example.com@127.0.0.1/",
    "an escaped at sign": "https://127.0.0.1%40example.com/",
    "a backslash before the at sign": "https://example.com\\@127.0.0.1/",
    "a backslash after": "https://127.0.0.1\\@v4-10-0-0-5.test/",
    "a fragment before the at sign": "https://127.0.0.1#@example.com/",
    "a query before the at sign": "https://127.0.0.1?@example.com/",
    "no host": "https:///latest",
    "no slashes": "https:127.0.0.1/",
    "no scheme": "//127.0.0.1/",
    "a path alone": "/etc/passwd",
    "gopher": "gopher://127.0.0.1:6379/_INFO",
    "file": "file:///etc/passwd",
    "ftp": "ftp://127.0.0.1/",
    "dict": "dict://127.0.0.1:6379/INFO",
    "data": "data:text/plain,hello",
    "unix": "http+unix://%2Fvar%2Frun%2Fdocker.sock/",
    "websocket": "ws://127.0.0.1/",
    "capitals in the scheme": "HTTPS://127.0.0.1/",
}
REDIRECTS = {
    "loopback": "http://127.0.0.1/",
    "loopback over TLS": "https://127.0.0.1/",
    "metadata": "http://169.254.169.254/latest/meta-data/",
    "a name for private": "https://v4-10-0-0-5.test/",
    "an IPv4-mapped address": "https://[::ffff:169.254.169.254]/",
    "NAT64 of metadata": "https://[64:ff9b::a9fe:a9fe]/",
    "a number": "https://2130706433/",
    "another scheme": "gopher://127.0.0.1:6379/",
    "a file": "file:///etc/passwd",
    "another port of the same host": "http://10.9.9.9:6379/",
    "the same host without a scheme": "//127.0.0.1/",
    "plain text to a public address": f"http://{PUBLIC}/",
    "a public user": "https://example.com@127.0.0.1/",
    "a second redirect to loopback": f"http://{REDIRECTOR}/to/https%3A%2F%2F127.0.0.1%2F",
}


def _name_of(address: str) -> str:
    packed = ip_address(address).packed
    return f"v4-{'-'.join(map(str, packed))}" if len(packed) == 4 else f"v6-{packed.hex()}"


HOSTILE: dict[str, str] = (
    {f"address: {what}": f"https://{_bracketed(each)}/" for what, each in ADDRESSES.items()}
    | {f"named: {what}": f"https://{_name_of(each)}.test/" for what, each in ADDRESSES.items()}
    | {f"spelling: {what}": f"https://{each}/" for what, each in SPELLINGS.items()}
    | {f"plain spelling: {what}": f"http://{each}/" for what, each in SPELLINGS.items()}
    | {f"URL: {what}": url for what, url in URLS.items()}
    | {
        f"redirect: {what}": f"http://{REDIRECTOR}/to/{quote(url, safe='')}"
        for what, url in REDIRECTS.items()
    }
)
REBINDING = {
    f"rebinding to {each}": f"https://rebind-{_name_of(each)}.test/"
    for each in (
        "127.0.0.1",
        "10.0.0.5",
        "169.254.169.254",
        "192.168.1.1",
        "100.64.0.1",
    )
}
