"""A worker dies in the middle of its jobs: they go back to the queue, each for itself."""

import pytest
from asgiref.sync import async_to_sync
from django.db import connection, transaction
from procrastinate import App
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.models import ProcrastinateJob

from tillit.site.worker import give_back_stalled

ADD = """
    INSERT INTO procrastinate_jobs (task_name, queue_name, status, queueing_lock) VALUES ('work', 'default', %s, %s)
    RETURNING id
"""


class Queue(DjangoConnector):
    """The queue of the test's database. A failed statement ends itself alone, as in a worker."""

    def execute_query(self, query, **arguments):
        with transaction.atomic():
            super().execute_query(query, **arguments)

    def execute_query_all(self, query, **arguments):
        found = super().execute_query_all(query, **arguments)
        self.execute_query("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE queueing_lock = 'ended meanwhile'")
        return found


def job(status, lock=None):
    with connection.cursor() as cursor:
        cursor.execute(ADD, [status, lock])
        return cursor.fetchone()[0]


@pytest.mark.django_db
def test_the_jobs_of_a_dead_worker_wait_again_and_one_that_cannot_keeps_no_other():
    begun, waits = job("doing", "reckon"), job("todo", "reckon")
    over, plain = job("doing", "ended meanwhile"), job("doing")
    first, _second = job("doing", "write"), job("doing", "write")
    async_to_sync(give_back_stalled)(App(connector=Queue()))
    found = dict(ProcrastinateJob.objects.values_list("id", "status"))
    assert begun not in found and found[waits] == "todo"
    assert found[plain] == "todo" and found[over] == "succeeded"
    assert [found[first], len(found)] == ["todo", 4]
