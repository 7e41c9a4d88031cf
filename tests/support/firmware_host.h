// The few things of ESPHome that our firmware's own code uses, on the machine that runs the tests. The code itself
// comes out of the validated configuration; `firmware.py` puts both together. Tab-separated lines in, lines out.
#pragma once

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <cstdio>
#include <cstring>
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
  bool publish(const char *topic, const char *payload, size_t length, uint8_t qos, bool retain) {
    host::say(std::string("publish\t") + topic + "\t" + std::to_string(qos) + "\t" + std::to_string(retain) + "\t" +
              std::string(payload, length));
    return true;
  }
};

struct ESPTime {
  bool is_valid(bool = true, bool = true) const { return !host::utc.empty(); }
  std::string strftime(const char *format) {
    return std::string(format) == "%Y-%m-%dT%H:%M:%SZ" ? host::utc : "unexpected format";
  }
};
struct Clock {
  ESPTime utcnow() { return {}; }
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

enum class TextAlign { TOP_LEFT, TOP_CENTER };
struct Font {};

// A display on which East Asian characters are 16 dots wide and others 8, as in GNU Unifont.
struct Display {
  int width = 64, height = 16;
  int get_width() const { return width; }
  int get_height() const { return height; }
  void draw_pixel_at(int x, int y) { host::say("dot\t" + std::to_string(x) + "\t" + std::to_string(y)); }
  void get_text_bounds(int x, int y, const char *text, Font *, TextAlign, int *left, int *top, int *wide, int *high) {
    *left = x, *top = y, *wide = 0, *high = 16;
    for (const char *one = text; *one != 0; one++) {
      if ((*one & 0xC0) != 0x80)
        *wide += (*one & 0x80) != 0 ? 16 : 8;
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

namespace host {
// What the configuration makes of itself: filled by the generated code.
inline std::multimap<std::string, std::function<void(JsonObjectConst)>> on_message;
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
