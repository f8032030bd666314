// @ts-check
/**
 * What a text says for the least money, and what looks like it. `chatline/conversations/segments.py` reads this file too:
 * everything from the first brace to the last is JSON.
 *
 * `basic` and `extension` are the default alphabet of 3GPP TS 23.038 without its escape, and the ten characters that
 * cost two. `alike` gives for each plain spelling the characters that look like it. They are those of the provider's
 * "smart encoding" and some more, but a space stays one space, an angle quote keeps its direction, and no accent is
 * taken from its letter. The full-width forms of Unicode follow by rule.
 */
export default {
  "basic": "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
  "extension": "\f^{}\\[~]|€",
  "alike": {
    "\"": "“”„‟«»″ʺˮ❝❞〝〞", "'": "‘’‛′´`ʹʻʼʽˈˊˋ｀‗❛❜︐︑", "-": "‐‑‒–—―−•‣◦⁃⎼⎽﹣", "...": "…", "..": "‥", "!!": "‼",
    "1/4": "¼", "1/2": "½", "3/4": "¾",
    " ": "\t\u0080\u008d\u0090\u009b\u009f\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000",
    "": "\u0000\u0003\u0004\u0010\u0011\u0012\u0013\u0014\u0017\u0019\u00ad\u200b\u2060\ufeff", "!": "ǃ︕﹗",
    "#": "﹟", "$": "﹩", "%": "﹪", "&": "﹠", "(": "❨❪﹙⟮⦅", ")": "❩❫﹚⟯⦆", "*": "⁎∗⊛✢✣✤✥✱✲✳✺✻✼✽❃❉❊❋⧆﹡", "+": "˖﹢",
    ",": "‚、﹐﹑､", ".": "。﹒｡", "/": "÷⁄∕⧸", ":": "ː˸⦂꞉︓﹕", ";": "⁏︔﹔", "<": "‹﹤", "=": "꞊﹦", ">": "›﹥",
    "?": "︖﹖", "@": "﹫", "\\": "⧵⧹﹨", "_": "﹍﹎﹏", "^": "ˆ", "{": "❴﹛", "|": "∣⎸⎹⏐⎜⎟", "}": "❵﹜", "~": "˜˷∼",
    "A": "ᴀ", "B": "ʙ", "C": "ᴄ", "D": "ᴅ", "E": "ᴇ", "F": "ꜰ", "G": "ɢ", "H": "ʜ", "I": "ɪ", "J": "ᴊ",
    "K": "ᴋ", "L": "ʟ", "M": "ᴍ", "N": "ɴ", "O": "ᴏ", "P": "ᴘ", "R": "ʀ", "S": "ꜱ", "T": "ᴛ", "U": "ᴜ",
    "V": "ᴠ", "W": "ᴡ", "Y": "ʏ", "Z": "ᴢ"
  }
};
