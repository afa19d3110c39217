// What agents that are out there speak stays as it is: every field, number and
// type that the stream of a gateway carries, and every message that is signed,
// as recorded in agent_wire.txt when an agent first spoke it.
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "gtest/gtest.h"

namespace u2fi {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::MethodDescriptor;

constexpr char kLink[] = "u2fi.gateway.v1.GatewayLink.Connect";
// Signed, and verified by agents and devices.
constexpr char kSigned[] = "u2fi.proof.v1";

std::string Read(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file),
                     std::istreambuf_iterator<char>());
}

std::string TypeOf(const FieldDescriptor& field) {
  const std::string label = field.is_repeated() ? "repeated " : "";
  if (field.message_type() != nullptr) {
    return label + field.message_type()->full_name();
  }
  if (field.enum_type() != nullptr) {
    return label + field.enum_type()->full_name();
  }
  return label + field.type_name();
}

// Lines about messages, and about those that are in their fields.
class Wire {
 public:
  void Add(const Descriptor& message) {
    if (!seen_.insert(message.full_name()).second) return;
    for (int i = 0; i < message.field_count(); ++i) {
      const FieldDescriptor& field = *message.field(i);
      lines_.insert(field.full_name() + " = " + std::to_string(field.number()) +
                    " " + TypeOf(field));
      if (field.message_type() != nullptr) Add(*field.message_type());
      if (field.enum_type() != nullptr) Add(*field.enum_type());
    }
  }
  void Add(const EnumDescriptor& type) {
    for (int i = 0; i < type.value_count(); ++i) {
      lines_.insert(type.full_name() + "." + type.value(i)->name() + " = " +
                    std::to_string(type.value(i)->number()));
    }
  }
  void Add(const MethodDescriptor& method) {
    lines_.insert("rpc " + method.full_name() + " " +
                  (method.client_streaming() ? "stream " : "") +
                  method.input_type()->full_name() + " " +
                  (method.server_streaming() ? "stream " : "") +
                  method.output_type()->full_name());
    Add(*method.input_type());
    Add(*method.output_type());
  }
  const std::set<std::string>& lines() const { return lines_; }

 private:
  std::set<std::string> seen_;
  std::set<std::string> lines_;
};

std::set<std::string> Today() {
  google::protobuf::FileDescriptorSet set;
  EXPECT_TRUE(set.ParseFromString(Read("protos/descriptors.protoset")));
  DescriptorPool pool;
  Wire wire;
  for (const auto& one : set.file()) {
    const FileDescriptor* file = pool.BuildFile(one);
    for (int i = 0;
         file->package() == kSigned && i < file->message_type_count(); ++i) {
      wire.Add(*file->message_type(i));
    }
  }
  const MethodDescriptor* link = pool.FindMethodByName(kLink);
  EXPECT_NE(link, nullptr);
  if (link != nullptr) wire.Add(*link);
  return wire.lines();
}

std::set<std::string> Recorded() {
  std::set<std::string> lines;
  std::istringstream text(Read("protos/agent_wire.txt"));
  for (std::string line; std::getline(text, line);) lines.insert(line);
  return lines;
}

std::string Without(const std::set<std::string>& all,
                    const std::set<std::string>& others) {
  std::string lines;
  for (const std::string& line : all) {
    if (others.count(line) == 0) lines += line + "\n";
  }
  return lines;
}

TEST(AgentWireTest, WhatAgentsSpeakIsNotChanged) {
  EXPECT_EQ(Without(Recorded(), Today()), "")
      << "agents that are out there would not be understood";
}

TEST(AgentWireTest, WhatIsNewIsRecorded) {
  EXPECT_EQ(Without(Today(), Recorded()), "")
      << "add these lines to protos/agent_wire.txt";
}

}  // namespace
}  // namespace u2fi
