"""A small shop: what the demo works on."""

from dataclasses import dataclass


@dataclass
class Item:
    name: str
    price: float
    count: int = 1


def total(items):
    sum = 0
    for item in items:
        sum = sum + item.price * item.count
    return sum


def receipt(items):
    lines = [f"{item.count} x {item.name}" for item in items]
    lines.append(f"total: {total(items):.2f}")
    return "\n".join(lines)
