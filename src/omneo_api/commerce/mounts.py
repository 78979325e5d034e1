"""Where commerce stands below `/v3`."""

from omneo_api.commerce.brands import brands
from omneo_api.commerce.claims import routes as claims
from omneo_api.commerce.custom_products import custom_products
from omneo_api.commerce.departments import departments
from omneo_api.commerce.locations import routes as locations
from omneo_api.commerce.orders import routes as orders
from omneo_api.commerce.products import purchased
from omneo_api.commerce.products import routes as products
from omneo_api.commerce.rates import routes as rates
from omneo_api.commerce.ratings import ratings
from omneo_api.commerce.transactions import routes as transactions
from omneo_api.foundation.operations import Operation


def operations() -> list[Operation]:
    rooms = [brands, departments, custom_products, ratings]
    plain = [operation for room in rooms for operation in room.routes().mounted()]
    families = [locations, claims, transactions, orders, products, purchased, rates]
    return plain + [operation for family in families for operation in family.operations()]
