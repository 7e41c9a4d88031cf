// The few things of ESPHome that our firmware's own code uses, on the machine that runs the tests. The code itself
// comes out of the validated configuration; `firmware.py` puts both together. Tab-separated lines in, lines out.
#pragma once

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <functional>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#define id(name) name

namespace host {
inline uint32_t now_ms = 1000;
inline uint32_t last_random = 0x5eed;
inline std::string utc;  // empty while the clock isn't set
inline void say(const std::string &line) { std::cout << line << "\n"; }
}  // namespace host

inline uint32_t millis() { return host::now_ms; }
inline uint32_t random_uint32() { return host::last_random = host::last_random * 1664525u + 1013904223u; }

// A member of a JSON object as ArduinoJson shows it: of one kind, or nothing.
struct Variant {
  char kind = 'n';
  std::string text;
  long number = 0;
  template<typename T> bool is() const { return kind == 's'; }
  template<typename T> T as() const { return kind == 's' ? text.c_str() : nullptr; }
  const char *operator|(const char *otherwise) const { return kind == 's' ? text.c_str() : otherwise; }
  int operator|(int otherwise) const { return kind == 'i' ? static_cast<int>(number) : otherwise; }
  float operator|(float otherwise) const {
    return kind == 'i' ? static_cast<float>(number) : kind == 'f' ? std::stof(text) : otherwise;
  }
  bool operator==(const char *other) const { return kind == 's' && text == other; }
  bool operator==(bool other) const { return kind == 'b' && (number != 0) == other; }
};

struct JsonObjectConst {
  std::map<std::string, Variant> members;
  const Variant &operator[](const char *name) const {
    static const Variant NOTHING;
    const auto found = members.find(name);
    return found == members.end() ? NOTHING : found->second;
  }
};

struct Broker {
  bool connected = true;
  bool is_connected() const { return connected; }
  void disable_shutdown_message() { host::say("goodbye without a word"); }
  void disable() { host::say("disconnect"); }
  bool publish(const char *topic, const char *payload, size_t length, uint8_t qos, bool retain) {
    host::say(std::string("publish\t") + topic + "\t" + std::to_string(qos) + "\t" + std::to_string(retain) + "\t" +
              std::string(payload, length));
    return true;
  }
};

struct ESPTime {
  time_t timestamp = 0;
  bool is_valid(bool = true, bool = true) const { return !host::utc.empty(); }
  std::string strftime(const char *format) {
    return std::string(format) == "%Y-%m-%dT%H:%M:%SZ" ? host::utc : "unexpected format";
  }
};
struct Clock {
  ESPTime utcnow() {
    ESPTime now;
    std::tm parts{};
    if (::strptime(host::utc.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts) != nullptr)
      now.timestamp = ::timegm(&parts);
    return now;
  }
};

struct Application {
  void safe_reboot() { host::say("reboot"); }
};
inline Application App;

namespace output {
struct BinaryOutput {
  bool state = false;
  void set_state(bool now) { state = now; }
};
}  // namespace output

struct Sensor {
  float state = 0;
  bool known = false;
  bool has_state() const { return known; }
};

// A serial line: what is written is told, what a test puts in is read.
struct Uart {
  std::vector<uint8_t> heard;
  void write_array(const uint8_t *data, size_t count) {
    static const char *const DIGITS = "0123456789abcdef";
    std::string told = "uart\t";
    for (size_t at = 0; at < count; at++)
      told += {DIGITS[data[at] >> 4], DIGITS[data[at] & 15]};
    host::say(told);
  }
  size_t available() const { return heard.size(); }
  bool read_byte(uint8_t *byte) {
    if (heard.empty())
      return false;
    *byte = heard.front();
    heard.erase(heard.begin());
    return true;
  }
};

inline std::vector<uint8_t> base64_decode(const std::string &coded) {
  static const std::string DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::vector<uint8_t> bytes;
  unsigned bits = 0, count = 0;
  for (const char one : coded) {
    const size_t digit = DIGITS.find(one);
    if (digit == std::string::npos)
      break;
    bits = bits << 6 | static_cast<unsigned>(digit);
    if ((count += 6) >= 8)
      bytes.push_back(static_cast<uint8_t>(bits >> (count -= 8)));
  }
  return bytes;
}

enum class TextAlign { TOP_LEFT, TOP_CENTER };
struct Font {
  int size = 16;
};
struct Color {
  int red = 255, green = 0, blue = 0;
  Color(int r, int g, int b) : red(r), green(g), blue(b) {}
};

// A display on which East Asian characters are as wide as high and others half of it, as in GNU Unifont.
struct Display {
  int width = 64, height = 16;
  void draw_pixel_at(int x, int y, Color) { draw_pixel_at(x, y); }
  void print(int x, int y, Font *font, Color colour, TextAlign, const char *text) {
    const auto word = [](int number) { return "\t" + std::to_string(number); };
    host::say(std::string("text\t") + text + word(x) + word(y) + word(font->size) + word(colour.red) +
              word(colour.green) + word(colour.blue));
  }
  int get_width() const { return width; }
  int get_height() const { return height; }
  void draw_pixel_at(int x, int y) { host::say("dot\t" + std::to_string(x) + "\t" + std::to_string(y)); }
  void get_text_bounds(int x, int y, const char *text, Font *font, TextAlign, int *left, int *top, int *wide,
                       int *high) {
    *left = x, *top = y, *wide = 0, *high = font->size;
    for (const char *one = text; *one != 0; one++) {
      if ((*one & 0xC0) != 0x80)
        *wide += (*one & 0x80) != 0 ? font->size : font->size / 2;
    }
  }
  void print(int, int, Font *, TextAlign, const char *text) { host::say(std::string("text\t") + text); }
  // Of displays of digits.
  void print(const char *text) { host::say(std::string("text\t") + text); }
  void printf(const char *format, int number) {
    char text[16];
    snprintf(text, sizeof(text), format, number);
    print(text);
  }
};

// The kinds of displays, each with the words for how bright it is that ESPHome's own has. What a drawing is given as `it`
// is of its own kind, but of a HUB75 sign only a display.
struct Max7219Display : Display {
  void intensity(int level) { host::say("bright\t" + std::to_string(level)); }
};
struct Tm1637Display : Display {
  void set_intensity(int level) { host::say("bright\t" + std::to_string(level)); }
};
struct Hub75Display : Display {
  void set_brightness(int level) { host::say("bright\t" + std::to_string(level)); }
};

namespace host {
// What the configuration makes of itself: filled by the generated code.
inline std::multimap<std::string, std::function<void(JsonObjectConst)>> on_message;
inline std::map<std::string, Sensor *> sensors;
inline Uart *serial = nullptr;
inline std::map<std::string, std::function<void()>> actions;  // "press key_1", "every 5s", "after invitation", …

inline std::vector<std::string> split(const std::string &line) {
  std::vector<std::string> words;
  std::istringstream stream(line);
  for (std::string word; std::getline(stream, word, '\t');)
    words.push_back(word);
  return words;
}

inline void message(const std::vector<std::string> &words) {
  JsonObjectConst body;
  for (size_t at = 2; at + 2 < words.size(); at += 3) {
    Variant value;
    value.kind = words[at + 1][0];
    value.text = words[at + 2];
    value.number = value.kind == 'i' || value.kind == 'b' ? std::stol(words[at + 2]) : 0;
    body.members[words[at]] = value;
  }
  const auto range = on_message.equal_range(words[1]);
  for (auto one = range.first; one != range.second; one++)
    one->second(body);
}

inline int run(Broker &broker) {
  for (std::string line; std::getline(std::cin, line);) {
    const auto words = split(line);
    if (words[0] == "message") {
      message(words);
    } else if (words[0] == "connected") {
      broker.connected = words[1] == "1";
      actions[broker.connected ? "connect" : "disconnect"]();
    } else if (words[0] == "millis") {
      now_ms = static_cast<uint32_t>(std::stoul(words[1]));
    } else if (words[0] == "sensor") {
      sensors.at(words[1])->state = std::stof(words[2]);
      sensors.at(words[1])->known = true;
    } else if (words[0] == "uart") {
      serial->heard.push_back(static_cast<uint8_t>(std::stoul(words[1])));
    } else if (words[0] == "utc") {
      utc = words.size() > 1 ? words[1] : "";
    } else if (actions.count(words[0]) != 0) {
      actions[words[0]]();
    } else {
      say("unknown\t" + words[0]);
    }
    std::cout << "done" << std::endl;
  }
  return 0;
}
}  // namespace host
