"""The address at which the checkout widgets of old ask for a customer's balances (incentives-value 18)."""

import pytest
from test_id import customer

pytestmark = pytest.mark.anyio


async def test_the_balances_at_the_old_address(shop):
    me, _ = await customer(shop)
    told = await me.call("GET", "/profiles/me/balances")
    old = await me.client.get(str(me.client.base_url.copy_with(path="/proxy/me/balances")))
    assert (old.status_code, old.json()) == (200, told)
    bare = await me.client.get(
        str(me.client.base_url.copy_with(path="/proxy/me/balances")), headers={"Authorization": ""}
    )
    assert bare.status_code == 401
    with_shop_token = await shop.client.get(str(shop.client.base_url.copy_with(path="/proxy/me/balances")))
    assert with_shop_token.status_code == 401
