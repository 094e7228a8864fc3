"""A front that ends TLS: `tls_front.py HOST PORT TO_PORT CERTIFICATE KEY`, run as a process."""

import asyncio
import ssl
import sys


async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass octets on until one side ends."""
    try:
        while octets := await reader.read(65536):
            writer.write(octets)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def serve(host: str, port: int, to_port: int, certificate: str, key: str) -> None:
    """Take connections until ended."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(host, to_port)
        await asyncio.gather(carry(reader, back), carry(there, writer))

    server = await asyncio.start_server(take, host, port, ssl=context)
    await server.serve_forever()


if __name__ == "__main__":
    _, address, listening, behind, *papers = sys.argv
    asyncio.run(serve(address, int(listening), int(behind), *papers))
