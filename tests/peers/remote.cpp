// SPDX-License-Identifier: Apache-2.0
/* A library in a process of its own, which server.h describes. */
#include "implementation.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <stdexcept>

extern char **environ;

namespace peers
{

namespace
{

class process
{
  public:
    explicit process(const std::string &command) : name(command)
    {
        int down[2], up[2]; /* each: the end to read, the end to write */
        if (pipe2(down, O_CLOEXEC) != 0 || pipe2(up, O_CLOEXEC) != 0)
            throw std::runtime_error("no pipe for " + name);
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, down[0], STDIN_FILENO);
        posix_spawn_file_actions_adddup2(&actions, up[1], STDOUT_FILENO);
        const std::string script = "exec " + command;
        const char *const arguments[] = {"sh", "-c", script.c_str(), nullptr};
        const int code = posix_spawn(&id, "/bin/sh", &actions, nullptr,
                                     const_cast<char *const *>(arguments), environ);
        posix_spawn_file_actions_destroy(&actions);
        close(down[0]);
        close(up[1]);
        to = fdopen(down[1], "w");
        from = fdopen(up[0], "r");
        if (code != 0 || to == nullptr || from == nullptr)
            throw std::runtime_error("cannot start " + name);
        name = read_line();
    }

    ~process()
    {
        fclose(to); /* which ends it */
        fclose(from);
        waitpid(id, nullptr, 0);
    }

    process(const process &) = delete;
    process &operator=(const process &) = delete;

    void send(const std::string &line, const std::vector<const std::vector<float> *> &tensors = {})
    {
        fprintf(to, "%s\n", line.c_str());
        for (const std::vector<float> *tensor : tensors)
            fwrite(tensor->data(), sizeof(float), tensor->size(), to);
        flush();
    }

    std::string read_line()
    {
        std::string line;
        for (int c = fgetc(from); c != '\n'; c = fgetc(from)) {
            if (c == EOF)
                fail();
            line += static_cast<char>(c);
        }
        return line;
    }

    std::vector<float> read_tensor(int64_t elements)
    {
        std::vector<float> values(static_cast<size_t>(elements));
        if (fread(values.data(), sizeof(float), values.size(), from) != values.size())
            fail();
        return values;
    }

    std::string name; /* as its first line says */

  private:
    void flush()
    {
        if (fflush(to) != 0)
            fail();
    }

    [[noreturn]] void fail() const
    {
        throw std::runtime_error(name + ": the process has ended; its error message is above");
    }

    pid_t id = 0;
    FILE *to = nullptr, *from = nullptr;
};

class remote_run : public runnable
{
  public:
    remote_run(process &with, const problem &p, const std::string &variant_name)
        : server(with), elements(p.dims.elements()), way(variant_name)
    {
    }

    ~remote_run() override
    {
        try {
            server.send("done");
        } catch (const std::exception &) {
            /* The next call tells that the process has ended. */
        }
    }

    void run() override
    {
        time_run();
    }

    double time_run() override
    {
        server.send("run");
        return std::stod(server.read_line()) / 1e6;
    }

    std::vector<float> result() override
    {
        server.send("result");
        return server.read_tensor(elements);
    }

    std::string variant() const override
    {
        return way;
    }

  private:
    process &server;
    const int64_t elements;
    const std::string way;
};

class remote : public implementation
{
  public:
    explicit remote(const std::string &command) : server(std::make_unique<process>(command))
    {
    }

    std::string name() const override
    {
        return server->name;
    }

    std::unique_ptr<runnable> prepare(const problem &p, const data &d) const override
    {
        std::vector<const std::vector<float> *> tensors = {&d.x};
        if (p.direction == direction::backward)
            tensors.push_back(&d.dy);
        server->send("prepare " + p.text(), tensors);
        const std::string answer = server->read_line(), ready = "ready ";
        if (answer == "none")
            return nullptr;
        if (answer.rfind(ready, 0) != 0)
            throw std::runtime_error(name() + ": unexpected: " + answer);
        return std::make_unique<remote_run>(*server, p, answer.substr(ready.size()));
    }

  private:
    const std::unique_ptr<process> server;
};

} // namespace

void add_remote(implementations &all, const std::string &command)
{
    signal(SIGPIPE, SIG_IGN); /* a process that has ended is an exception */
    all.push_back(std::make_unique<remote>(command));
}

} // namespace peers
