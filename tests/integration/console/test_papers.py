"""The papers as the console gives them: all to who answers for the territory, to an agent two."""

from territory.access.roles import Role
from tests.integration.console.ground import SignedIn


async def test_each_has_their_own_papers(signed_in: SignedIn) -> None:
    """The DPO reads what misses and takes any; an agent has the notice of their organisation, and
    reads what to do when a gendarme comes."""
    dpo = await signed_in(Role.DPO)
    status, page = await dpo.get("/documents")
    assert status == 200
    assert "Registre des traitements" in page
    assert "Aucun contact n&#39;est donné pour les réquisitions" in page
    for paper in ("registre-des-traitements.pdf", "procedure-requisitions.html"):
        assert await dpo.status("GET", f"/documents/{paper}") == 200
    status, notice = await dpo.get("/documents/information-commercy.html")
    assert "Vos données et vos droits" in notice
    agent = await signed_in(Role.AGENT)
    status, page = await agent.get("/documents")
    assert status == 200
    assert page.count("download") == 4
    assert "Aucun contact" not in page
    for paper in ("information-commercy.pdf", "procedure-requisitions.html"):
        assert await agent.status("GET", f"/documents/{paper}") == 200
    for other in ("registre-des-traitements.pdf", "information-saint-mihiel.html"):
        assert await agent.status("GET", f"/documents/{other}") == 404
