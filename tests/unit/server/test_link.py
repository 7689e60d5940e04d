"""The parent's end of the pipe to a worker."""

from __future__ import annotations

import multiprocessing
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

import pytest

from visavis.server.link import Notice, Order, WorkerHandle


@pytest.fixture
def worker() -> tuple[WorkerHandle, Connection]:
    mine, theirs = multiprocessing.Pipe()
    return WorkerHandle(SpawnProcess(), mine), theirs


def test_nothing_is_assumed_and_nothing_is_waited_for(worker: tuple[WorkerHandle, Connection]) -> None:
    handle, _ = worker
    handle.hear()
    assert (handle.is_ready, handle.is_idle, handle.is_lost, handle.failure) == (False, False, False, None)


def test_all_that_was_said_is_heard(worker: tuple[WorkerHandle, Connection]) -> None:
    handle, theirs = worker
    theirs.send_bytes(Notice.READY.value + b" ")
    theirs.send_bytes(Notice.IDLE.value + b" ")
    theirs.send_bytes(Notice.FAILED.value + " the disk is full: /dätä".encode())
    handle.hear()
    assert (handle.is_ready, handle.is_idle, handle.failure) == (True, True, "the disk is full: /dätä")


def test_worker_that_is_gone_is_not_ready(worker: tuple[WorkerHandle, Connection]) -> None:
    handle, theirs = worker
    theirs.send_bytes(Notice.READY.value + b" ")
    theirs.close()
    handle.hear()
    assert (handle.is_ready, handle.is_lost) == (False, True)
    handle.hear()


def test_orders_arrive_or_show_that_the_worker_is_gone(worker: tuple[WorkerHandle, Connection]) -> None:
    handle, theirs = worker
    handle.order(Order.STOP)
    assert Order(theirs.recv_bytes()) is Order.STOP
    handle.is_ready = True
    theirs.close()
    handle.order(Order.END)
    assert (handle.is_ready, handle.is_lost) == (False, True)
