"""Two-word pseudonyms: kind, plain, pronounceable, and never a judgement on the person."""

import secrets

FIRST = (
    "Amber Autumn Azure Bright Bronze Calm Cedar Clear Clover Coastal Cobalt Copper Coral Cosmic Crystal Dawn Deep "
    "Distant Early Eastern Emerald Evening Fern Fleet Forest Friendly Gentle Gilded Glad Golden Grand Green Harbor "
    "Hazel Hidden Hillside Honest Indigo Island Ivory Jade Kind Lake Lantern Laurel Lemon Light Lilac Linden Lucky "
    "Lunar Maple Marine Meadow Mellow Merry Midnight Mild Mint Misty Morning Mossy Mountain Northern Ocean Olive "
    "Opal Open Orchard Patient Pearl Pine Plain Plum Polar Quiet Rainy River Rosy Royal Ruby Russet Saffron Sandy "
    "Scarlet Sea Silent Silver Sky Slate Snowy Soft Solar Southern Spring Starry Steady Still Stone Summer Sunny "
    "Swift Tall Teal Tidal Timber Tranquil Twilight Umber Upland Velvet Verdant Violet Warm Western Willow Winter "
    "Wooden Woven Yellow"
).split()
SECOND = (
    "Albatross Alder Antelope Aspen Avocet Badger Beaver Bison Bittern Bluebird Brook Bunting Buzzard Camel Canyon "
    "Caribou Cloud Condor Cormorant Cove Crane Creek Cricket Curlew Cypress Deer Dolphin Dove Dragonfly Duck Dune "
    "Eagle Egret Elk Falcon Field Finch Firefly Flamingo Fox Gazelle Glade Goose Grebe Grouse Gull Hare Harrier Hawk "
    "Heron Hornbill Ibis Jay Juniper Kestrel Kingfisher Kite Koala Lagoon Lark Leaf Linnet Lynx Magpie Mallard "
    "Marten Martin Meerkat Merlin Moose Nightjar Oak Oriole Osprey Otter Owl Oyster Panda Partridge Pelican Penguin "
    "Petrel Pheasant Pigeon Pipit Plover Puffin Quail Rabbit Raven Reed Robin Salmon Sandpiper Seal Shearwater Shore "
    "Siskin Sparrow Spruce Squirrel Starling Stork Swallow Swan Swift Tern Thrush Tortoise Turtle Valley Walnut "
    "Warbler Waxwing Whale Wren Yew"
).split()


def new_handle() -> str:
    """One of about 14,000, by chance alone: nothing about the person goes into it."""
    return f"{secrets.choice(FIRST)} {secrets.choice(SECOND)}"
