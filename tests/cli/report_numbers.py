#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the numbers of a report's page with its JSON:

    report_numbers.py PAGE RESULTS.json

PAGE is report.html, or the DOM that a browser made of it. An element with the attribute data-json
has the number or text that the JSON has at this JSON pointer. Every number of the accuracy, the
digests and the bandwidth has to be in the page. Prints how many numbers were compared."""

import html.parser
import json
import sys


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []
        self.tags = set()
        self.open = False

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        pointer = dict(attributes).get("data-json")
        self.open = pointer is not None
        if self.open:
            self.found.append([pointer, ""])

    def handle_endtag(self, tag):
        self.open = False

    def handle_data(self, data):
        if self.open:
            self.found[-1][1] += data


def look_up(results, pointer):
    for name in pointer.split("/")[1:]:
        results = results[int(name)] if isinstance(results, list) else results[name]
    return results


def wanted(results):
    for name in "accuracy", "digests", "bandwidth":
        for i, row in enumerate(results[name]):
            # Of the same digests twice, the page has the first.
            if name == "digests" and row in results[name][:i]:
                continue
            none = row.get("results") == 0
            for member, value in row.items():
                if none and member not in ("cases", "unsupported"):
                    continue
                if isinstance(value, (int, float)) and member not in ("case", "runs"):
                    yield f"/{name}/{i}/{member}"


def main():
    page, results = Page(), json.load(open(sys.argv[2]))
    page.feed(open(sys.argv[1], encoding="utf-8").read())
    assert not page.tags & {"script", "img", "link", "iframe", "object"}, page.tags
    assert {"svg", "table", "title", "h1"} <= page.tags, page.tags
    for pointer, text in page.found:
        value = look_up(results, pointer)
        shown = float(text) if isinstance(value, (int, float)) else None if text == "null" else text
        assert shown == value, f"{pointer}: the page has {text}, the JSON {value}"
    missing = set(wanted(results)) - {pointer for pointer, _ in page.found}
    assert not missing, f"not in the page: {sorted(missing)}"
    print(len(page.found))


main()
