"""Loading the demo: the whole company, day by day."""

from portal import clock
from portal.demo.accounts import PRODUCTS, World
from portal.demo.campaigns import CAMPAIGNS, run_campaigns
from portal.demo.company import FRESH, STALE, keep_listing, settle_in
from portal.demo.days import Diary
from portal.demo.loose_ends import leave_loose_ends
from portal.demo.office import Office
from portal.demo.staff import staff


def load() -> None:
    """Live through the company's last fourteen months. The database must hold no people yet."""
    today, diary = clock.today(), Diary()
    office = Office(World(staff(today), today), diary)
    settle_in(office, today)
    run_campaigns(office, today)
    busy = {name for each in CAMPAIGNS for name in each.courses}
    keep_listing(office, today, STALE, {p.name for p in PRODUCTS} - busy | {"Altium 365"})
    keep_listing(office, today, FRESH, {"Arena", "Datadog", "Expensify"})
    leave_loose_ends(office, today)
    diary.live(afterwards=office.post)
