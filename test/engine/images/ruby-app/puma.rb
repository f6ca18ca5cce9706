bind 'tcp://0.0.0.0:9292'
pidfile 'tmp/pids/puma.pid'
stdout_redirect 'log/puma.log', 'log/puma.log', true
